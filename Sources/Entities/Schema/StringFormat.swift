import Primitives

/// A `format` of JSON Schema, with the meaning that ajv-formats gives it.
package enum StringFormat: String, Sendable, Hashable {
    /// A host name (RFC 1123), case-insensitive, an optional dot at the end.
    case hostname
    /// An e-mail address as HTML understands it: dot-atoms, `@`, at least two labels.
    case email
    /// A calendar day, `YYYY-MM-DD`.
    case date
    /// A moment (RFC 3339), `2026-01-05T10:00:00Z`.
    case dateTime = "date-time"
    /// A moment, or a calendar day that means its midnight UTC.
    case dateOrDateTime = "date-or-date-time"
    /// A UUID in its canonical form (RFC 9562), any case.
    case uuid

    /// The name that error messages and documents show.
    package var name: String { self == .dateOrDateTime ? StringFormat.dateTime.rawValue : rawValue }

    /// Whether the text has the format.
    package func accepts(_ text: String) -> Bool {
        switch self {
        case .hostname: Self.isHostname(text)
        case .email: Self.isEmail(text)
        case .date: text.utf8.count == 10 && Self.moment(text) != nil
        case .dateTime: text.utf8.count > 10 && Self.moment(text) != nil
        case .dateOrDateTime: Self.moment(text) != nil
        case .uuid: Identifier(text) != nil
        }
    }

    /// The moment that a text names; nil also in the year 0, which PostgreSQL does not read.
    static func moment(_ text: String) -> Timestamp? {
        guard let moment = Timestamp(iso8601: text), moment.seconds >= yearOne else { return nil }
        return moment
    }

    /// 0001-01-01T00:00:00Z, in seconds since 1970.
    private static let yearOne: Int64 = -62_135_596_800

    private static func isHostname(_ text: String) -> Bool {
        var name = text.utf8[...]
        if name.last == UInt8(ascii: ".") { name = name.dropLast() }
        guard (1...253).contains(name.count) else { return false }
        return name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy(isLabel)
    }

    private static func isEmail(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= 320 else { return false }
        let atoms = parts[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let labels = parts[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return labels.count >= 2 && labels.allSatisfy(isLabel)
            && atoms.allSatisfy { !$0.isEmpty && $0.allSatisfy(isAtomCharacter) }
    }

    /// Letters, digits and inner hyphens, 1 to 63 characters (RFC 1123, 2.1).
    private static func isLabel(_ label: Substring.UTF8View) -> Bool {
        guard let first = label.first, let last = label.last, label.count <= 63 else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    /// `atext` of RFC 5322, 3.2.3.
    private static func isAtomCharacter(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "!#$%&'*+/=?^_`{|}~-".utf8.contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }
}
