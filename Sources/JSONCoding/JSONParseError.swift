/// How large a text the parser takes.
package struct JSONLimits: Sendable, Hashable {
    /// The greatest length of the text in bytes.
    package var bytes: Int
    /// The greatest number of arrays and objects within each other, 1 for `[]`; at most 512, as the parser recurses.
    package var depth: Int
    /// The greatest length of the text of one number in bytes.
    package var numberLength: Int
    /// The greatest number of values, members of objects and elements of arrays together: a value takes many times the two
    /// bytes that it may have in the text.
    package var values: Int
    /// Whether an object may repeat a key. Two readers of a signed or restricting text must not see
    /// different values, so such texts are parsed with `false`.
    package var allowsRepeatedKeys: Bool

    /// Limits other than the standard ones.
    package init(
        bytes: Int = 1_048_576, depth: Int = 64, numberLength: Int = 512, values: Int? = nil,
        allowsRepeatedKeys: Bool = true
    ) {
        self.bytes = bytes
        self.depth = min(depth, 512)
        self.numberLength = numberLength
        self.values = values ?? max(bytes / 5 * 2, Self.leastValues)
        self.allowsRepeatedKeys = allowsRepeatedKeys
    }

    /// Allowed in texts of any length.
    private static let leastValues = 100_000

    /// One mebibyte, 64 levels, numbers of 512 characters, 104,857 values: the size is the API's limit of a body
    /// (docs/contract/arc-api.md 2.3).
    package static let standard = JSONLimits()
}

/// Why and where a text is not JSON.
package struct JSONParseError: Error, Hashable, CustomStringConvertible {
    /// What was wrong.
    package enum Reason: String, Sendable, Hashable {
        case unexpectedEnd = "unexpected end of input"
        case unexpectedCharacter = "unexpected character"
        case trailingCharacters = "unexpected character after the value"
        case invalidNumber = "invalid number"
        case invalidEscape = "invalid escape sequence in a string"
        case controlCharacter = "control character in a string"
        case invalidUTF8 = "invalid UTF-8"
        case unpairedSurrogate = "unpaired surrogate in a string"
        case tooDeep = "too many nested values"
        case tooLong = "text is too long"
        case tooManyValues = "too many values"
        case numberTooLong = "number is too long"
        case repeatedKey = "repeated key in an object"
    }

    /// What was wrong.
    package let reason: Reason
    /// The offset in bytes of the first byte that cannot be part of a text; the length of the text when it ends early.
    package let offset: Int

    /// The error of this kind at this place.
    package init(reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// Short and without any part of the text: `unexpected character at byte 12`.
    package var description: String { "\(reason.rawValue) at byte \(offset)" }
}
