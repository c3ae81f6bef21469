package import PostgresClient

/// How a value is compared.
package enum Comparison: Sendable, Hashable {
    case equal
    case notEqual
    case less
    case lessOrEqual
    case greater
    case greaterOrEqual

    var sql: String {
        switch self {
        case .equal: "="
        case .notEqual: "<>"
        case .less: "<"
        case .lessOrEqual: "<="
        case .greater: ">"
        case .greaterOrEqual: ">="
        }
    }
}

/// What one property must fulfil; values have the property's type. SQL's rules for NULL hold: nothing but `isNull`
/// is ever true of an unset property.
package enum Predicate: Sendable, Hashable {
    case isNull(Bool)
    case compare(Comparison, PostgresValue)
    /// Bounds included.
    case between(PostgresValue, PostgresValue)
    /// Bounds excluded; not true of unset properties either.
    case outside(PostgresValue, PostgresValue)
    /// One of the values; `null` among them means unset. Of no values: nothing matches. A list of texts: holds one.
    case oneOf([PostgresValue])
    /// None of the values. Of no values: everything matches. A list of texts: holds none.
    case noneOf([PostgresValue])
    /// `%` and `_` are wild, `\` escapes.
    case like(String, isCaseSensitive: Bool, isNegated: Bool)
    /// An advanced regular expression of PostgreSQL.
    case matches(String, isCaseSensitive: Bool)
    /// A list of texts holds the text, or does not.
    case contains(String, isNegated: Bool = false)
}

/// A condition on rows (docs/contract/arc-api.md 4.2), parsed and typed. Properties are named as in JSON; the names are
/// resolved against the entity's description when SQL is made, values are always bound.
package indirect enum Where: Sendable, Hashable {
    /// Every part holds; of no parts: true.
    case all([Where])
    /// Some part holds; of no parts: false.
    case any([Where])
    /// A property fulfils a predicate.
    case condition(String, Predicate)

    /// Every row.
    package static let everything = Where.all([])

    /// The field has the value.
    package static func equals<Value: FieldValue>(_ field: Field<Value>, _ value: Value) -> Where {
        .equals(field.name, field.operand(value))
    }

    /// The field compares with the value.
    package static func compare<Value: FieldValue>(
        _ field: Field<Value>, _ comparison: Comparison, _ value: Value
    ) -> Where {
        .compare(field.name, comparison, field.operand(value))
    }

    /// The field has one of the values.
    package static func oneOf<Value: FieldValue>(_ field: Field<Value>, _ values: some Sequence<Value>) -> Where {
        .oneOf(field.name, values.map(field.operand))
    }

    /// The field is unset.
    package static func isNull(_ field: some EntityField) -> Where { .isNull(field.name) }

    /// The field has a value.
    package static func isSet(_ field: some EntityField) -> Where { .condition(field.name, .isNull(false)) }

    /// The property has the value; `null`: is unset.
    static func equals(_ field: String, _ value: PostgresValue) -> Where {
        value == .null ? .condition(field, .isNull(true)) : .condition(field, .compare(.equal, value))
    }

    /// The property compares with the value.
    static func compare(_ field: String, _ comparison: Comparison, _ value: PostgresValue) -> Where {
        .condition(field, .compare(comparison, value))
    }

    /// The property has one of the values.
    static func oneOf(_ field: String, _ values: [PostgresValue]) -> Where {
        .condition(field, .oneOf(values))
    }

    /// The property is unset.
    static func isNull(_ field: String) -> Where { .condition(field, .isNull(true)) }

    /// Both hold.
    package func and(_ other: Where) -> Where {
        if self == .everything { return other }
        if other == .everything { return self }
        return .all([self, other])
    }

    /// Whether it leaves out no row whatever the rows are; `{}` is not the only way to write that.
    private func selectsEverything(of entity: Entity) -> Bool {
        switch self {
        case .all(let parts): parts.allSatisfy { $0.selectsEverything(of: entity) }
        case .any(let parts): parts.contains { $0.selectsEverything(of: entity) }
        case .condition(let field, let predicate):
            predicate == .noneOf([])
                // Such as `{"id": {"neq": null}}` of a client whose variable was not set.
                || (entity.alwaysSet.contains(field) && [.isNull(false), .noneOf([.null])].contains(predicate))
        }
    }

    /// Makes sure that a bulk change reaches all rows only where `{}` says so.
    /// - Throws: `.unrestricted` for another condition that selects every row, such as `{"and": []}`.
    package func checkBulkChange(of entity: Entity) throws(FilterError) {
        guard self == .everything || !selectsEverything(of: entity) else { throw .unrestricted }
    }

    /// The properties that are compared with regular expressions, in no order.
    var patternFields: Set<String> {
        switch self {
        case .all(let parts), .any(let parts): parts.reduce(into: []) { $0.formUnion($1.patternFields) }
        case .condition(let field, .matches): [field]
        case .condition: []
        }
    }

    /// Whether the SQL of a condition of this shape is likely to come again, so that preparing it pays.
    var isRepetitive: Bool {
        switch self {
        case .all(let parts): parts.count <= 3 && parts.allSatisfy(\.isRepetitive)
        case .any: false
        case .condition: true
        }
    }
}

extension Field {
    /// A value in a condition. As in conditions of requests, whole numbers have 64 bits, so that both are one statement.
    fileprivate func operand(_ value: Value) -> PostgresValue {
        let value = value.bound(as: definition.type)
        return value.integerValue.map { .int64($0) } ?? value
    }
}
