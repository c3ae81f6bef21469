/// A pattern of JSON Schema as a named matcher: the regular expression is for documents and error messages, the
/// matching itself is a loop over bytes and costs nothing.
package struct Pattern: Sendable, Hashable {
    /// The regular expression (ECMA 262), as documents and error details show it.
    package let regex: String
    private let accepts: @Sendable (String) -> Bool

    /// A pattern of the caller's own.
    /// - Parameters:
    ///   - regex: what the documents say; two patterns with the same text are equal.
    ///   - matches: must accept exactly what `regex` accepts.
    package init(regex: String, matches: @escaping @Sendable (String) -> Bool) {
        self.regex = regex
        accepts = matches
    }

    /// Whether the text matches.
    package func matches(_ text: String) -> Bool { accepts(text) }

    package static func == (one: Pattern, other: Pattern) -> Bool { one.regex == other.regex }

    package func hash(into hasher: inout Hasher) { hasher.combine(regex) }
}

extension Pattern {
    /// `^[a-z0-9]+$`: a tenant's key (contract 5.4).
    package static let lowercaseAlphanumeric = Pattern(regex: "^[a-z0-9]+$") { text in
        !text.isEmpty && text.utf8.allSatisfy { isDigit($0) || isLowercase($0) }
    }

    /// At least one character that can be seen: the rule of everything that people know something by.
    package static let visibleText = Pattern(regex: InvisibleText.pattern) { text in
        text.unicodeScalars.contains { !InvisibleText.contains($0) }
    }

    /// `^[A-Z]{3}$`: a currency code (ISO 4217).
    package static let currencyCode = Pattern(regex: "^[A-Z]{3}$") { text in
        text.utf8.count == 3 && text.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }

    /// `^[A-Za-z0-9_.:-]+$`: an identifier in somebody else's system, or a configuration key.
    package static let token = Pattern(regex: "^[A-Za-z0-9_.:-]+$") { text in
        !text.isEmpty
            && text.utf8.allSatisfy {
                isDigit($0) || isLowercase($0 | 0x20) || "_.:-".utf8.contains($0)
            }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isLowercase(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
}
