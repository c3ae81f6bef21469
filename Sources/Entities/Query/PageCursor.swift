import JSONCoding
import PostgresClient
package import Primitives

/// A place in a sorted list, behind one of its rows: where the next page begins, whatever is inserted or deleted
/// meanwhile. As text it is opaque to clients: hexadecimal JSON of the row's sort keys.
package struct PageCursor: Sendable, Hashable {
    /// One value for each key of the list's order, the last of them the row's id.
    private let values: [JSONValue]

    /// The place behind a row that was read with this order; nil when the order is by something that cannot be compared
    /// again (objects and lists).
    init?(behind record: Record, order: [Order]) {
        var values: [JSONValue] = []
        for key in Self.keys(order) {
            guard let value = try? record.sortValue(key.field) else { return nil }
            values.append(value)
        }
        self.values = values
    }

    /// Reads a cursor's text.
    /// - Throws: `.invalid` at the parameter when it is no cursor, or one of a list in another order.
    package init(
        _ text: String, named name: String = "cursor", order: [Order], of entity: Entity
    ) throws(FilterError) {
        let keys = Self.keys(order)
        guard text.utf8.count <= Self.maximumLength, let bytes = Hex.decode(text),
            let values = (try? JSONValue.parse(bytes))?.arrayValue, values.count == keys.count,
            values.last.flatMap(\.stringValue).flatMap({ Identifier($0) }) != nil
        else { throw Self.invalid(name, text) }
        for (key, value) in zip(keys, values) where !value.isNull {
            guard let field = entity.field(named: key.field) else { throw Self.invalid(name, text) }
            var parser = OperandParser(field: field, limits: QueryLimits())
            if parser.value(value, at: "") == nil { throw Self.invalid(name, text) }
        }
        self.values = values
    }

    /// The text for clients: letters and digits.
    package var text: String { Hex.encode(JSONValue.array(values).serialized()) }

    /// Longest text that is looked at, in bytes.
    package static let maximumLength = 4096

    /// The rows behind this place: those whose first keys are equal and whose next key comes later.
    func condition(order: [Order], of entity: Entity) -> Where {
        var alternatives: [Where] = []
        var equal: [Where] = []
        for (key, value) in zip(Self.keys(order), values) {
            guard let field = entity.field(named: key.field) else { continue }
            var parser = OperandParser(field: field, limits: QueryLimits())
            let bound = value.isNull ? PostgresValue.null : parser.value(value, at: "") ?? .null
            if let later = Self.later(key, bound) { alternatives.append(.all(equal + [later])) }
            equal.append(.equals(key.field, bound))
        }
        return .any(alternatives)
    }

    /// PostgreSQL sorts NULL as if it were larger than everything.
    private static func later(_ key: Order, _ value: PostgresValue) -> Where? {
        switch (key.isDescending, value) {
        case (false, .null): nil
        case (true, .null): .condition(key.field, .isNull(false))
        case (true, _): .compare(key.field, .less, value)
        case (false, _) where key.field == "id": .compare(key.field, .greater, value)
        case (false, _): .any([.compare(key.field, .greater, value), .isNull(key.field)])
        }
    }

    /// The list's order, with the primary key at its end; what stands behind that does not matter.
    private static func keys(_ order: [Order]) -> [Order] {
        if let end = order.firstIndex(where: { $0.field == "id" }) { return Array(order[...end]) }
        return order + [Order("id")]
    }

    private static func invalid(_ name: String, _ text: String) -> FilterError {
        .invalid(
            parameter: name, value: FilterError.quote(text),
            details: [
                ValidationDetail(
                    path: "/\(name)", code: "cursor",
                    message: "must be the cursor of a Link header, used with the same filter")
            ])
    }
}

extension Record {
    /// A value by which a list was sorted, exact enough to be compared again; throws for lists and objects.
    fileprivate func sortValue(_ name: String) throws(RepositoryError) -> JSONValue {
        guard let type = projection.type(of: name) else { throw .unexpected(sqlState: nil) }
        switch type {
        case .json, .strings: throw .unexpected(sqlState: nil)
        case _ where isUnset(name): return .null
        case .string: return .string(try text(name))
        case .identifier: return .string(try identifier(name).description)
        case .integer: return .integer(try integer(name))
        case .number: return .string(try number(name))
        case .boolean: return .bool(try boolean(name))
        case .timestamp:
            return .string(PostgresValue.timestamp(try timestamp(name)).textForm ?? "")
        }
    }
}
