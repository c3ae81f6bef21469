import PostgresClient
import Primitives

extension PostgresValue {
    var integerValue: Int64? {
        switch self {
        case .int16(let value): Int64(value)
        case .int32(let value): Int64(value)
        case .int64(let value): value
        default: nil
        }
    }

    /// The value as PostgreSQL reads it from text; nil for NULL, bytes and arrays.
    var textForm: String? {
        switch self {
        case .text(let value), .numeric(let value): value
        case .bool(let value): value ? "true" : "false"
        case .double(let value): String(value)
        case .timestamp(let value): value.microsecondText
        case .identifier(let value): value.description
        case .json(let value): String(decoding: value, as: UTF8.self)
        case .int16, .int32, .int64: integerValue.map { String($0) }
        case .null, .bytes, .textArray, .identifierArray, .int64Array: nil
        }
    }
}

extension Timestamp {
    /// ISO 8601 with all six digits that PostgreSQL keeps; JSON shows three of them.
    fileprivate var microsecondText: String {
        let rest = (microseconds % 1000 + 1000) % 1000
        return description.dropLast() + String(1000 + rest).dropFirst() + "Z"
    }
}
