import JSONCoding
import Primitives

extension Filter {
    /// Reads a filter out of a query string, in JSON or bracket form (docs/contract/arc-api.md 4.1). Absent: an empty
    /// filter with the default limit.
    /// - Parameters:
    ///   - allowsWhere: `false` for find-by-id, where `where` is refused.
    package static func parse(
        _ parameters: [QueryParameter], named name: String = "filter", for entity: Entity, in catalog: EntityCatalog,
        limits: QueryLimits = QueryLimits(), allowsWhere: Bool = true
    ) throws(FilterError) -> Filter {
        switch try QueryValue.find(name, in: parameters) {
        case .absent:
            var filter = Filter()
            filter.applyDefaultLimit(limits)
            return filter
        case .text(let text):
            return try parse(
                json: text, named: name, for: entity, in: catalog, limits: limits, allowsWhere: allowsWhere)
        case .tree(let tree):
            return try parse(
                tree, named: name, for: entity, in: catalog, limits: limits, allowsWhere: allowsWhere,
                isFromBrackets: true)
        }
    }

    /// Reads a filter out of its JSON text.
    package static func parse(
        json: String, named name: String = "filter", for entity: Entity, in catalog: EntityCatalog,
        limits: QueryLimits = QueryLimits(), allowsWhere: Bool = true
    ) throws(FilterError) -> Filter {
        let value = try ParameterText.parse(json, named: name, limits)
        return try parse(
            value, named: name, for: entity, in: catalog, limits: limits, allowsWhere: allowsWhere,
            isFromBrackets: false)
    }

    private static func parse(
        _ value: JSONValue, named name: String, for entity: Entity, in catalog: EntityCatalog, limits: QueryLimits,
        allowsWhere: Bool, isFromBrackets: Bool
    ) throws(FilterError) -> Filter {
        var parser = FilterParser(catalog: catalog, limits: limits, isFromBrackets: isFromBrackets)
        let filter = parser.filter(value, for: entity, at: "", allowsWhere: allowsWhere)
        try parser.problems.throwIfAny(parameter: name, value: value)
        return filter
    }

    /// Gives a filter without `limit` the one that lists have then.
    package mutating func applyDefaultLimit(_ limits: QueryLimits) {
        guard limit == nil else { return }
        var chosen = limits.defaultLimit
        if skip > 0 { chosen = chosen > 0 ? Swift.min(chosen, QueryLimits.limitWithSkip) : QueryLimits.limitWithSkip }
        if limits.maximumLimit > 0 {
            chosen = chosen > 0 ? Swift.min(chosen, limits.maximumLimit) : limits.maximumLimit
        }
        limit = chosen > 0 ? chosen : nil
    }
}

extension Where {
    /// Reads a condition out of a query string, in JSON or bracket form (docs/contract/arc-api.md 4.2).
    /// - Returns: nil when the parameter is absent. `{}` is every row.
    package static func parse(
        _ parameters: [QueryParameter], named name: String = "where", for entity: Entity,
        limits: QueryLimits = QueryLimits()
    ) throws(FilterError) -> Where? {
        switch try QueryValue.find(name, in: parameters) {
        case .absent: nil
        case .text(let text):
            try parse(ParameterText.parse(text, named: name, limits), name, entity, limits, isFromBrackets: false)
        case .tree(let tree): try parse(tree, name, entity, limits, isFromBrackets: true)
        }
    }

    /// Reads a condition out of its JSON text.
    package static func parse(
        json: String, named name: String = "where", for entity: Entity, limits: QueryLimits = QueryLimits()
    ) throws(FilterError) -> Where {
        try parse(ParameterText.parse(json, named: name, limits), name, entity, limits, isFromBrackets: false)
    }

    private static func parse(
        _ value: JSONValue, _ name: String, _ entity: Entity, _ limits: QueryLimits, isFromBrackets: Bool
    ) throws(FilterError) -> Where {
        var parser = WhereParser(entity: entity, limits: limits)
        let condition = parser.condition(value, at: "", depth: 0)
        try parser.problems.throwIfAny(parameter: name, value: value)
        return condition
    }
}

/// The JSON text of a parameter.
enum ParameterText {
    static func parse(_ text: String, named name: String, _ limits: QueryLimits) throws(FilterError) -> JSONValue {
        guard text.utf8.count <= limits.maximumTextLength else {
            throw .syntax(
                parameter: name, value: text.prefix(scalars: 100),
                message: "must not be longer than \(limits.maximumTextLength) bytes")
        }
        do {
            return try JSONValue.parse([UInt8](text.utf8))
        } catch {
            throw .syntax(parameter: name, value: text, message: error.description)
        }
    }
}
