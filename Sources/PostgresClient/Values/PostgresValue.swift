package import Primitives

/// A parameter of a statement. Each case fixes the PostgreSQL type that the parameter is sent as.
package enum PostgresValue: Sendable, Hashable {
    /// SQL NULL; its type is what the statement makes of it.
    case null
    /// `bool`
    case bool(Bool)
    /// `int2`
    case int16(Int16)
    /// `int4`
    case int32(Int32)
    /// `int8`
    case int64(Int64)
    /// `float8`
    case double(Double)
    /// `numeric`, as decimal text such as `-12.50`, exact.
    case numeric(String)
    /// `text`; assigns to and compares with `varchar`, `bpchar` and `name` too. Must not hold U+0000.
    case text(String)
    /// `uuid`
    case identifier(Identifier)
    /// `timestamptz`
    case timestamp(Timestamp)
    /// `jsonb`, as JSON text; assigns to `json` too.
    case json([UInt8])
    /// `bytea`
    case bytes([UInt8])
    /// `text[]`
    case textArray([String])
    /// `uuid[]`
    case identifierArray([Identifier])
    /// `int8[]`
    case int64Array([Int64])
}

extension PostgresValue {
    /// The value, or NULL for nil.
    package static func optional<Wrapped>(_ value: Wrapped?, _ make: (Wrapped) -> PostgresValue) -> PostgresValue {
        guard let value else { return .null }
        return make(value)
    }
}

extension PostgresValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .int64(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(nilLiteral: ()) { self = .null }
}
