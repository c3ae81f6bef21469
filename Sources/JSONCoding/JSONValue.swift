package import Primitives

/// Any JSON value. Texts are equal when their bytes are, numbers when their texts are.
package enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue: Hashable {
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left.hasSameBytes(as: right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }

    package func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .number(let value): hasher.combine(value)
        case .string(let value): hasher.combine(ExactText(value))
        case .array(let elements): hasher.combine(elements)
        case .object(let members): hasher.combine(members)
        }
    }
}

// MARK: Making

extension JSONValue {
    /// A whole number.
    package static func integer(_ value: some BinaryInteger) -> JSONValue { .number(JSONNumber(value)) }

    /// A number in JavaScript's notation; `null` for not-a-number and the infinities.
    package static func double(_ value: Double) -> JSONValue { JSONNumber(value).map(JSONValue.number) ?? .null }

    /// An identifier as its text.
    package static func identifier(_ value: Identifier) -> JSONValue { .string(value.description) }

    /// An instant as `2026-01-05T10:00:00.000Z`.
    package static func timestamp(_ value: Timestamp) -> JSONValue { .string(value.description) }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}

// MARK: Looking inside

extension JSONValue {
    /// Whether this is `null`.
    package var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The text of a string, else nil.
    package var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The value of `true` or `false`, else nil.
    package var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The number, else nil.
    package var numberValue: JSONNumber? {
        if case .number(let value) = self { value } else { nil }
    }

    /// The value of a whole number that fits, however it is written (`1.0` is 1), else nil.
    package var intValue: Int? { numberValue?.int64.flatMap(Int.init(exactly:)) }

    /// The nearest double of a number, else nil.
    package var doubleValue: Double? { numberValue?.double }

    /// The elements of an array, else nil.
    package var arrayValue: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members of an object, else nil.
    package var objectValue: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The value of a member of an object; nil when this is no object or has no such member.
    package subscript(key: String) -> JSONValue? { objectValue?[key] }

    /// An element of an array; nil when this is no array or is shorter.
    package subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }
}

// MARK: Writing

extension JSONValue: JSONWritable {
    /// Writes the value: members in their order, numbers in their text.
    package func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .number(let value): writer.number(value)
        case .string(let value): writer.string(value)
        case .array(let elements): elements.write(to: &writer)
        case .object(let object): object.write(to: &writer)
        }
    }

    /// The compact JSON text: members in their order, numbers in their text.
    package func serialized() -> [UInt8] { jsonBytes() }
}

extension JSONObject: JSONWritable {
    /// Writes the members in their order.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for (key, value) in self { writer.member(named: key, value) }
        writer.endObject()
    }
}

extension JSONWriter {
    /// Writes any JSON value.
    package mutating func value(_ value: JSONValue) {
        value.write(to: &self)
    }
}
