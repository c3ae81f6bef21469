package import JSONCoding
package import PostgresClient
package import Primitives

/// A type of values of fields, and how it travels to and from PostgreSQL. Enumerations with raw values conform by
/// declaration alone: `enum Status: Int, FieldValue`.
package protocol FieldValue: Sendable {
    /// Reads a value from a row; nil for NULL and for values of another type.
    init?(stored datum: PostgresDatum)
    /// Reads a value that is to be written; nil for NULL and for values of another type.
    init?(bound value: PostgresValue)
    /// The value as a column of the type takes it.
    func bound(as type: FieldType) -> PostgresValue
}

extension String: FieldValue {
    package init?(stored datum: PostgresDatum) {
        guard let text = datum.text else { return nil }
        self.init(decoding: text, as: UTF8.self)
    }

    package init?(bound value: PostgresValue) {
        guard case .text(let text) = value else { return nil }
        self = text
    }

    package func bound(as type: FieldType) -> PostgresValue { .text(self) }
}

extension Identifier: FieldValue {
    package init?(stored datum: PostgresDatum) {
        guard let identifier = datum.identifier else { return nil }
        self = identifier
    }

    package init?(bound value: PostgresValue) {
        guard case .identifier(let identifier) = value else { return nil }
        self = identifier
    }

    package func bound(as type: FieldType) -> PostgresValue { .identifier(self) }
}

extension Int: FieldValue {
    package init?(stored datum: PostgresDatum) {
        guard let number = datum.int64 else { return nil }
        self.init(number)
    }

    package init?(bound value: PostgresValue) {
        guard let number = value.integerValue else { return nil }
        self.init(number)
    }

    /// A number that is too large for its column is sent as it is, and the database refuses it.
    package func bound(as type: FieldType) -> PostgresValue {
        switch type {
        case .integer(.int16): Int16(exactly: self).map { .int16($0) } ?? .int64(Int64(self))
        case .integer(.int32): Int32(exactly: self).map { .int32($0) } ?? .int64(Int64(self))
        default: .int64(Int64(self))
        }
    }
}

extension JSONNumber: FieldValue {
    package init?(stored datum: PostgresDatum) {
        guard let literal = datum.numericText else { return nil }
        self.init(literal: literal)
    }

    package init?(bound value: PostgresValue) {
        guard case .numeric(let literal) = value else { return nil }
        self.init(literal: literal)
    }

    package func bound(as type: FieldType) -> PostgresValue { .numeric(literal) }
}

extension Bool: FieldValue {
    package init?(stored datum: PostgresDatum) {
        guard let flag = datum.bool else { return nil }
        self = flag
    }

    package init?(bound value: PostgresValue) {
        guard case .bool(let flag) = value else { return nil }
        self = flag
    }

    package func bound(as type: FieldType) -> PostgresValue { .bool(self) }
}

extension Timestamp: FieldValue {
    package init?(stored datum: PostgresDatum) {
        guard let timestamp = datum.timestamp else { return nil }
        self = timestamp
    }

    package init?(bound value: PostgresValue) {
        guard case .timestamp(let timestamp) = value else { return nil }
        self = timestamp
    }

    package func bound(as type: FieldType) -> PostgresValue { .timestamp(self) }
}

extension JSONText: FieldValue {
    package init?(stored datum: PostgresDatum) {
        guard let text = datum.json else { return nil }
        self.init([UInt8](text))
    }

    package init?(bound value: PostgresValue) {
        guard case .json(let bytes) = value else { return nil }
        self.init(bytes)
    }

    package func bound(as type: FieldType) -> PostgresValue { .json(bytes) }
}

extension [String]: FieldValue {
    package init?(stored datum: PostgresDatum) {
        guard let texts = datum.textArray else { return nil }
        self = texts
    }

    package init?(bound value: PostgresValue) {
        guard case .textArray(let texts) = value else { return nil }
        self = texts
    }

    package func bound(as type: FieldType) -> PostgresValue { .textArray(self) }
}

/// Enumerations: their raw values. Another raw value is a value of another type.
extension FieldValue where Self: RawRepresentable, RawValue: FieldValue {
    package init?(stored datum: PostgresDatum) {
        guard let rawValue = RawValue(stored: datum) else { return nil }
        self.init(rawValue: rawValue)
    }

    package init?(bound value: PostgresValue) {
        guard let rawValue = RawValue(bound: value) else { return nil }
        self.init(rawValue: rawValue)
    }

    package func bound(as type: FieldType) -> PostgresValue { rawValue.bound(as: type) }
}
