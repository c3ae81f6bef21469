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
    case between(PostgresValue, PostgresValue)
    /// One of the values; `null` among them means unset. Of no values: nothing matches.
    case oneOf([PostgresValue])
    /// None of the values. Of no values: everything matches.
    case noneOf([PostgresValue])
    /// `%` and `_` are wild, `\` escapes.
    case like(String, isCaseSensitive: Bool, isNegated: Bool)
    /// An advanced regular expression of PostgreSQL.
    case matches(String, isCaseSensitive: Bool)
    /// A list of texts holds the text.
    case contains(String)
}

/// A condition on rows (contract 4.2), parsed and typed. Properties are named as in JSON; the names are resolved
/// against the entity's description when SQL is made, values are always bound.
package indirect enum Where: Sendable, Hashable {
    /// Every part holds; of no parts: true.
    case all([Where])
    /// Some part holds; of no parts: false.
    case any([Where])
    /// A property fulfils a predicate.
    case condition(String, Predicate)

    /// Every row.
    package static let everything = Where.all([])

    /// The property has the value; `null`: is unset.
    package static func equals(_ field: String, _ value: PostgresValue) -> Where {
        value == .null ? .condition(field, .isNull(true)) : .condition(field, .compare(.equal, value))
    }

    /// The property compares with the value.
    package static func compare(_ field: String, _ comparison: Comparison, _ value: PostgresValue) -> Where {
        .condition(field, .compare(comparison, value))
    }

    /// The property has one of the values.
    package static func oneOf(_ field: String, _ values: [PostgresValue]) -> Where {
        .condition(field, .oneOf(values))
    }

    /// The property is unset.
    package static func isNull(_ field: String) -> Where { .condition(field, .isNull(true)) }

    /// Both hold.
    package func and(_ other: Where) -> Where {
        if self == .everything { return other }
        if other == .everything { return self }
        return .all([self, other])
    }

    /// The number of conditions in it.
    var size: Int {
        switch self {
        case .all(let parts), .any(let parts): parts.reduce(0) { $0 + $1.size }
        case .condition: 1
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
