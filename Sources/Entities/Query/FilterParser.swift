import JSONCoding
import Primitives

/// Reads the tree of a `filter`, for one entity and, through `include`, its relations.
struct FilterParser {
    let catalog: EntityCatalog
    let limits: QueryLimits
    /// Leaves of the bracket form are texts, and a single text is accepted where a list is expected.
    let isFromBrackets: Bool
    var problems = QueryProblems()
    private var conditionCount = 0
    private var includeCount = 0

    init(catalog: EntityCatalog, limits: QueryLimits, isFromBrackets: Bool) {
        self.catalog = catalog
        self.limits = limits
        self.isFromBrackets = isFromBrackets
    }

    private static let optionalMembers: Set<ExactText> = ["fields", "order", "limit", "skip", "offset", "include"]

    mutating func filter(_ value: JSONValue, for entity: Entity, at path: String, allowsWhere: Bool) -> Filter {
        var filter = self.filter(value, for: entity, at: path, depth: 0, allowsWhere: allowsWhere)
        filter.applyDefaultLimit(limits)
        // What selects one row by its id has no where.
        let rows = filter.rows(of: entity, in: catalog, parents: allowsWhere ? nil : 1)
        if limits.maximumRows > 0, !filter.includes.isEmpty, rows > limits.maximumRows {
            problems.add(
                .tooMany(path + "/include", "maxRows", "rows by its limits, \(rows) as it is", limits.maximumRows))
        }
        return filter
    }

    private mutating func filter(
        _ value: JSONValue, for entity: Entity, at path: String, depth: Int, allowsWhere: Bool
    ) -> Filter {
        var filter = Filter()
        guard case .object(let object) = value else {
            problems.add(.type(path, "object"))
            return filter
        }
        var offset: Int?
        var skip: Int?
        for (key, member) in object {
            let place = "\(path)/\(JSONPointer.escape(key))"
            switch key {
            // Generated clients send what was not set as null. (Inside of `where` it is a condition.)
            case "where" where member.isNull && allowsWhere: continue
            case _ where member.isNull && Self.optionalMembers.contains(ExactText(key)): continue
            case "where" where allowsWhere: filter.condition = condition(member, for: entity, at: place)
            case "fields": filter.fields = fields(member, for: entity, at: place)
            case "order": filter.order = order(member, for: entity, at: place)
            case "limit":
                filter.limit = integer(member, atLeast: 1, at: place)
                if limits.maximumLimit > 0, let limit = filter.limit, limit > limits.maximumLimit {
                    problems.add(.bound(place, "maximum", "<=", limits.maximumLimit))
                }
            case "skip": skip = integer(member, atLeast: 0, at: place)
            case "offset": offset = integer(member, atLeast: 0, at: place)
            case "include": filter.includes = includes(member, for: entity, at: place, depth: depth)
            default:
                if key.hasPrefix("$") {
                    problems.addForbiddenOperator(key, at: path)
                } else {
                    problems.add(.additionalProperty(path, key))
                }
            }
        }
        filter.skip = skip ?? offset ?? 0
        return filter
    }

    private mutating func condition(_ value: JSONValue, for entity: Entity, at path: String) -> Where {
        var parser = WhereParser(entity: entity, limits: limits, conditionCount: conditionCount)
        let condition = parser.condition(value, at: path, depth: 0)
        conditionCount = parser.conditionCount
        problems.add(parser.problems)
        return condition
    }

    private mutating func integer(_ value: JSONValue, atLeast minimum: Int, at path: String) -> Int? {
        let number: Int64? =
            switch value {
            case .number(let number): number.int64
            case .string(let text) where isFromBrackets: Int64(text)
            default: nil
            }
        guard let number else {
            problems.add(.type(path, "integer"))
            return nil
        }
        guard number >= minimum else {
            problems.add(.bound(path, "minimum", ">=", minimum))
            return nil
        }
        guard number <= QueryLimits.maximumSkip else {
            problems.add(.bound(path, "maximum", "<=", QueryLimits.maximumSkip))
            return nil
        }
        return Int(number)
    }

    // MARK: fields

    private mutating func fields(_ value: JSONValue, for entity: Entity, at path: String) -> FieldSelection {
        switch value {
        case .array(let items):
            var names: Set<String> = []
            for (position, item) in items.enumerated() {
                guard case .string(let name) = item else {
                    problems.add(.type("\(path)/\(position)", "string"))
                    continue
                }
                if entity.visibleField(named: name) == nil {
                    problems.add(.enumeration("\(path)/\(position)", Self.names(of: entity)))
                }
                names.insert(name)
            }
            return names.isEmpty ? .all : .only(names: names)
        case .string(let name) where isFromBrackets:
            return fields(.array([.string(name)]), for: entity, at: path)
        case .object(let object):
            var shown: Set<String> = []
            var hidden: Set<String> = []
            for (name, member) in object {
                guard entity.visibleField(named: name) != nil else {
                    problems.add(.additionalProperty(path, name))
                    continue
                }
                if member.isNull { continue }
                switch boolean(member) {
                case true?: shown.insert(name)
                case false?: hidden.insert(name)
                case nil: problems.add(.type("\(path)/\(JSONPointer.escape(name))", "boolean"))
                }
            }
            if !shown.isEmpty { return .only(names: shown) }
            return hidden.isEmpty ? .all : .except(names: hidden)
        default:
            problems.add(.type(path, "object"))
            return .all
        }
    }

    private func boolean(_ value: JSONValue) -> Bool? {
        switch value {
        case .bool(let flag): flag
        case .string("true") where isFromBrackets: true
        case .string("false") where isFromBrackets: false
        default: nil
        }
    }

    private static func names(of entity: Entity) -> [JSONValue] {
        entity.properties.filter { $0.access != .hidden }.map { .string($0.name) }
    }

    // MARK: order

    private mutating func order(_ value: JSONValue, for entity: Entity, at path: String) -> [Order] {
        var orders: [Order] = []
        let texts: [(value: JSONValue, path: String)]
        switch value {
        case .string: texts = [(value, path)]
        case .array(let items): texts = items.enumerated().map { ($1, "\(path)/\($0)") }
        default:
            problems.add(.type(path, "string"))
            return []
        }
        for (item, place) in texts {
            guard case .string(let text) = item else {
                problems.add(.type(place, "string"))
                continue
            }
            for key in text.split(separator: ",") {
                if let order = order(key, text, for: entity, at: place),
                    !orders.contains(where: { $0.field == order.field })
                {
                    orders.append(order)
                }
            }
        }
        return orders
    }

    private mutating func order(_ key: Substring, _ text: String, for entity: Entity, at path: String) -> Order? {
        let words = key.utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.map { String(Substring($0)) }
        guard let name = words.first else { return nil }
        guard entity.visibleField(named: name) != nil else {
            problems.add(.additionalProperty(path, name))
            return nil
        }
        guard words.count > 1 else { return Order(name) }
        if words.count == 2, words[1].isASCII(ignoringCase: "ASC") { return Order(name) }
        if words.count == 2, words[1].isASCII(ignoringCase: "DESC") { return Order(name, descending: true) }
        problems.addInvalidOrder(text, at: path)
        return nil
    }

    // MARK: include

    private mutating func includes(
        _ value: JSONValue, for entity: Entity, at path: String, depth: Int
    ) -> [Inclusion] {
        let entries: [JSONValue]
        switch value {
        case .array(let items): entries = items
        case .string where isFromBrackets: entries = [value]
        default:
            problems.add(.type(path, "array"))
            return []
        }
        guard depth < limits.maximumIncludeDepth else {
            problems.add(.tooMany(path, "maxDepth", "levels of include", limits.maximumIncludeDepth))
            return []
        }
        var inclusions: [Inclusion] = []
        for (position, entry) in entries.enumerated() {
            includeCount += 1
            guard includeCount <= limits.maximumIncludes else {
                problems.add(.tooMany(path, "maxIncludes", "included relations", limits.maximumIncludes))
                return inclusions
            }
            guard let inclusion = inclusion(entry, for: entity, at: "\(path)/\(position)", depth: depth) else {
                continue
            }
            inclusions.removeAll { $0.relation == inclusion.relation }
            inclusions.append(inclusion)
        }
        return inclusions
    }

    private mutating func inclusion(
        _ entry: JSONValue, for entity: Entity, at path: String, depth: Int
    ) -> Inclusion? {
        var name: String?
        var scope: JSONValue?
        switch entry {
        case .string(let text): name = text
        case .object(let object):
            name = object["relation"]?.stringValue
            if let given = object["scope"], !given.isNull { scope = given }
            if object["relation"] == nil { problems.add(.required(path, "relation")) }
            for (key, _) in object where key != "relation" && key != "scope" {
                problems.add(.additionalProperty(path, key))
            }
            if object["relation"] != nil, name == nil { problems.add(.type("\(path)/relation", "string")) }
        default: problems.add(.type(path, "object"))
        }
        guard let name else { return nil }
        guard let relation = entity.relation(named: name), let target = catalog.target(of: relation) else {
            let names = entity.relations.map { JSONValue.string($0.name) }
            if case .object = entry {
                problems.add(.enumeration("\(path)/relation", names))
            } else {
                problems.addUnknownRelation(entry, at: path, of: names)
            }
            return nil
        }
        guard let scope else { return Inclusion(name, scope: related(Filter(), relation)) }
        let filter = filter(scope, for: target, at: "\(path)/scope", depth: depth + 1, allowsWhere: true)
        return Inclusion(name, scope: related(filter, relation))
    }

    /// An included list has its own limit; `skip` alone means a limit too, as upstream.
    private func related(_ filter: Filter, _ relation: Relation) -> Filter {
        guard relation.kind == .many else { return filter }
        var filter = filter
        var bounds = limits
        bounds.defaultLimit = limits.defaultIncludeLimit
        filter.applyDefaultLimit(bounds)
        return filter
    }
}
