import PostgresClient
import Primitives

/// Turns a `Where` into a condition of SQL over rows called `alias`.
struct WhereCompiler {
    let entity: Entity
    let alias: String

    /// The condition, self-contained; nil when every row matches.
    func compile(_ condition: Where, _ bindings: inout Bindings) throws(RepositoryError) -> String? {
        switch condition {
        case .all(let parts):
            let compiled = try compile(parts, &bindings).compactMap { $0 }
            return compiled.isEmpty ? nil : compiled.count == 1 ? compiled[0] : Self.join(compiled, " AND ")
        case .any(let parts):
            if parts.isEmpty { return "false" }
            let compiled = try compile(parts, &bindings)
            if compiled.contains(nil) { return nil }
            return Self.join(compiled.compactMap { $0 }, " OR ")
        case .condition(let name, let predicate):
            guard let field = entity.field(named: name) else { throw .unexpected(sqlState: nil) }
            return compile(predicate, field, &bindings)
        }
    }

    private func compile(_ parts: [Where], _ bindings: inout Bindings) throws(RepositoryError) -> [String?] {
        var compiled: [String?] = []
        for part in parts { compiled.append(try compile(part, &bindings)) }
        return compiled
    }

    private static func join(_ parts: [String], _ separator: String) -> String {
        "(\(parts.joined(separator: separator)))"
    }

    private func compile(_ predicate: Predicate, _ field: FieldDefinition, _ bindings: inout Bindings) -> String {
        let column = SQLText.column(field, of: alias)
        switch predicate {
        case .isNull(true): return "\(column) IS NULL"
        case .isNull(false): return "\(column) IS NOT NULL"
        case .compare(_, .null): return "\(column) IS NULL"
        case .compare(let comparison, let value):
            return "\(column) \(comparison.sql) \(bind(value, field, &bindings))"
        case .between(let low, let high):
            let from = bind(low, field, &bindings)
            return "\(column) BETWEEN \(from) AND \(bind(high, field, &bindings))"
        case .outside(let low, let high):
            let from = bind(low, field, &bindings)
            return "\(column) NOT BETWEEN \(from) AND \(bind(high, field, &bindings))"
        case .oneOf(let values): return compile(list: values, isNegated: false, field, &bindings)
        case .noneOf(let values): return compile(list: values, isNegated: true, field, &bindings)
        case .like(let pattern, let isCaseSensitive, let isNegated):
            let operation = (isNegated ? "NOT " : "") + (isCaseSensitive ? "LIKE" : "ILIKE")
            return "\(column)::text \(operation) \(bindings.bind(.text(pattern))) ESCAPE '\\'"
        case .matches(let pattern, let isCaseSensitive):
            return "\(column)::text \(isCaseSensitive ? "~" : "~*") \(bindings.bind(.text(pattern)))"
        case .contains(let element, let isNegated):
            let holds = "\(column) @> ARRAY[\(bindings.bind(.text(element)))]::varchar[]"
            return isNegated ? "NOT (\(holds))" : holds
        }
    }

    private func bind(_ value: PostgresValue, _ field: FieldDefinition, _ bindings: inout Bindings) -> String {
        let placeholder = bindings.bind(value)
        // Arrays have no implicit cast between text[] and varchar[].
        return field.type == .strings ? "\(placeholder)::varchar[]" : placeholder
    }

    /// A list is one array parameter, so that the statement's text does not depend on its length.
    private func compile(
        list values: [PostgresValue], isNegated: Bool, _ field: FieldDefinition, _ bindings: inout Bindings
    ) -> String {
        let column = SQLText.column(field, of: alias)
        let present = values.filter { $0 != .null }
        let hasNull = present.count < values.count
        // Where there is nothing to compare with, unset lists are no exception.
        if field.type == .strings, present.isEmpty, isNegated { return hasNull ? "\(column) IS NOT NULL" : "true" }
        let array = bindings.bind(Self.array(present, field.type))
        if field.type == .strings {
            let overlaps = "\(column) && \(array)::varchar[]"
            if isNegated { return "NOT (\(overlaps))" }
            return hasNull ? "(\(overlaps) OR \(column) IS NULL)" : overlaps
        }
        let cast = field.type.arrayCast
        // Older rows have microseconds, and responses show milliseconds.
        let shown = field.type == .timestamp ? "date_trunc('milliseconds', \(column))" : column
        if isNegated {
            let differs = "\(shown) <> ALL(\(array)\(cast))"
            return hasNull ? "(\(differs) AND \(column) IS NOT NULL)" : differs
        }
        var equals = "\(shown) = ANY(\(array)\(cast))"
        if let (first, last) = Self.range(ofInstants: present) {
            // Excludes no row that equals one of them, but lets PostgreSQL use an index on the column.
            let from = bindings.bind(first)
            equals = "(\(column) BETWEEN \(from) AND \(bindings.bind(last)) AND \(equals))"
        }
        return hasNull ? "(\(equals) OR \(column) IS NULL)" : equals
    }

    /// The first and the last microsecond that is shown as one of the instants; nil if no value is an instant.
    private static func range(ofInstants values: [PostgresValue]) -> (PostgresValue, PostgresValue)? {
        let instants = values.compactMap { value -> Timestamp? in
            if case .timestamp(let instant) = value { instant } else { nil }
        }
        guard let first = instants.min(), let last = instants.max() else { return nil }
        return (.timestamp(first), .timestamp(last.adding(.microseconds(999))))
    }

    private static func array(_ values: [PostgresValue], _ type: FieldType) -> PostgresValue {
        switch type {
        case .identifier:
            .identifierArray(values.compactMap { if case .identifier(let value) = $0 { value } else { nil } })
        case .integer: .int64Array(values.compactMap(\.integerValue))
        case .string, .number, .boolean, .timestamp, .json, .strings: .textArray(values.compactMap(\.textForm))
        }
    }
}

extension FieldType {
    /// The cast of a list that travels as texts, because its type has no array parameter; empty for other lists.
    fileprivate var arrayCast: String {
        switch self {
        case .identifier, .integer, .string, .strings: ""
        case .number: "::numeric[]"
        case .boolean: "::boolean[]"
        case .timestamp: "::timestamptz[]"
        case .json: "::jsonb[]"
        }
    }
}
