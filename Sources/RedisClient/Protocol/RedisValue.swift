/// One reply of the server: the types of RESP3 that Redis sends, without their wire form.
///
/// Bulk and verbatim strings are both `.bytes`: the format marker of a verbatim string is checked and dropped.
/// Attributes are read and dropped; pushes never reach a caller as a value.
package enum RedisValue: Sendable, Hashable {
    /// `_`, and the null bulk string and null array of RESP2.
    case null
    /// `+`: a status line such as `OK`.
    case simple(String)
    /// `$` and `=`: any bytes.
    case bytes([UInt8])
    /// `:`
    case integer(Int64)
    /// `,`
    case double(Double)
    /// `#`
    case boolean(Bool)
    /// `(`: decimal digits with an optional sign, of any length.
    case bigNumber(String)
    /// `*`
    case array([RedisValue])
    /// `~`: in the order received; Redis promises that members are unique.
    case set([RedisValue])
    /// `%`: in the order received.
    case map([RedisMapEntry])
    /// `-` and `!`, but only inside an array, set or map (a failed command of EXEC): an error that is the whole
    /// reply is thrown as `RedisError.server`.
    case error(RedisServerError)
}

/// A pair of a RESP3 map.
package struct RedisMapEntry: Sendable, Hashable {
    /// The key as sent; Redis uses strings.
    package let key: RedisValue
    /// The value.
    package let value: RedisValue

    /// Makes a pair.
    package init(key: RedisValue, value: RedisValue) {
        self.key = key
        self.value = value
    }
}

extension RedisValue {
    /// True for `.null`.
    package var isNull: Bool { self == .null }

    /// The bytes of a bulk, verbatim or simple string; nil for anything else.
    package var bytes: [UInt8]? {
        switch self {
        case .bytes(let bytes): bytes
        case .simple(let text): Array(text.utf8)
        default: nil
        }
    }

    /// The text of a bulk, verbatim, simple string or big number (broken UTF-8 is repaired with U+FFFD).
    package var text: String? {
        switch self {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .simple(let text), .bigNumber(let text): text
        default: nil
        }
    }

    /// An integer, also one that is stored as the decimal text of a string (a counter read by GET).
    package var integer: Int64? {
        switch self {
        case .integer(let integer): integer
        case .bytes(let bytes): bytes.withUnsafeBytes { DecimalDigits.int64($0) }
        case .simple(let text): Int64(text)
        default: nil
        }
    }

    /// A double, also from an integer or from decimal text.
    package var double: Double? {
        switch self {
        case .double(let double): double
        case .integer(let integer): Double(integer)
        case .bytes(let bytes): Double(String(decoding: bytes, as: UTF8.self))
        default: nil
        }
    }

    /// A boolean, also from the integers 0 and 1 that commands from before RESP3 still answer.
    package var boolean: Bool? {
        switch self {
        case .boolean(let boolean): boolean
        case .integer(0): false
        case .integer(1): true
        default: nil
        }
    }

    /// The elements of an array or a set.
    package var array: [RedisValue]? {
        switch self {
        case .array(let elements), .set(let elements): elements
        default: nil
        }
    }

    /// The pairs of a map.
    package var map: [RedisMapEntry]? {
        guard case .map(let entries) = self else { return nil }
        return entries
    }

    /// The value of the first pair of a map whose key is this text.
    package subscript(key: String) -> RedisValue? {
        map?.first { $0.key.text == key }?.value
    }
}
