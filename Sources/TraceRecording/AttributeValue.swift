package import Tracing

/// The value of an attribute, in the types that OpenTelemetry knows.
package enum AttributeValue: Sendable, Hashable {
    case string(String)
    case integer(Int64)
    case double(Double)
    case bool(Bool)
    case array([AttributeValue])

    /// A value of swift-distributed-tracing.
    package init(_ attribute: SpanAttribute) {
        switch attribute {
        case .int32(let value): self = .integer(Int64(value))
        case .int64(let value): self = .integer(value)
        case .int32Array(let values): self = .array(values.map { .integer(Int64($0)) })
        case .int64Array(let values): self = .array(values.map { .integer($0) })
        case .double(let value): self = .double(value)
        case .doubleArray(let values): self = .array(values.map { .double($0) })
        case .bool(let value): self = .bool(value)
        case .boolArray(let values): self = .array(values.map { .bool($0) })
        case .string(let value): self = .string(value)
        case .stringArray(let values): self = .array(values.map { .string($0) })
        case .stringConvertible(let value): self = .string(value.description)
        case .stringConvertibleArray(let values): self = .array(values.map { .string($0.description) })
        default: self = .string("")
        }
    }

    /// The same for swift-distributed-tracing. Arrays are of texts there, unless all elements have one type.
    package var spanAttribute: SpanAttribute {
        switch self {
        case .string(let value): .string(value)
        case .integer(let value): .int64(value)
        case .double(let value): .double(value)
        case .bool(let value): .bool(value)
        case .array(let values): .stringArray(values.map(\.description))
        }
    }

    /// The value with texts of at most that many characters.
    func shortened(to length: Int) -> AttributeValue {
        switch self {
        case .string(let value) where value.utf8.count > length: .string(String(value.prefix(length)))
        case .array(let values): .array(values.map { $0.shortened(to: length) })
        default: self
        }
    }
}

extension AttributeValue: CustomStringConvertible {
    /// The value alone, as people read it.
    package var description: String {
        switch self {
        case .string(let value): value
        case .integer(let value): "\(value)"
        case .double(let value): "\(value)"
        case .bool(let value): "\(value)"
        case .array(let values): "\(values.map(\.description))"
        }
    }
}

/// An attribute of a span, an event or a link. Values never hold personal data or secrets.
package struct Attribute: Sendable, Hashable {
    package let key: String
    package let value: AttributeValue

    package init(_ key: String, _ value: AttributeValue) {
        self.key = key
        self.value = value
    }
}
