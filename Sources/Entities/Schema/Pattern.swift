import Primitives

/// A pattern of JSON Schema as a named matcher: the regular expression is for documents and error messages, the
/// matching itself is a loop over bytes and costs nothing.
package struct Pattern: Sendable, Hashable {
    /// The regular expression (ECMA 262), as documents and error details show it.
    package let regex: String
    private let accepts: @Sendable (String) -> Bool

    /// A custom pattern.
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
    /// `^[a-z0-9]+$`: a tenant's key (docs/contract/arc-api.md 5.4).
    package static let lowercaseAlphanumeric = Pattern(regex: "^[a-z0-9]+$") { text in
        !text.isEmpty && text.utf8.allSatisfy { isDigit($0) || isLowercase($0) }
    }

    /// At least one visible character: the rule for everything by which people recognize something.
    package static let visibleText = Pattern(regex: InvisibleText.pattern) { text in
        text.unicodeScalars.contains { !InvisibleText.contains($0) }
    }

    /// `^[A-Z]{3}$`: a currency code (ISO 4217).
    package static let currencyCode = Pattern(regex: "^[A-Z]{3}$") { text in
        text.utf8.count == 3 && text.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }

    /// `^[A-Za-z0-9_.:-]+$`: an identifier in another system, or a configuration key.
    package static let token = Pattern(regex: "^[A-Za-z0-9_.:-]+$") { text in
        !text.isEmpty
            && text.utf8.allSatisfy {
                isDigit($0) || isLowercase($0 | 0x20) || "_.:-".utf8.contains($0)
            }
    }

    /// A name of a person, which is written into mails: visible, without an e-mail address, a URL or a host name, and
    /// without line breaks and other control or direction characters. A dot is allowed at the end of a word and after
    /// a single letter, as in `J.R. Lee`.
    package static let personName = Pattern(
        regex: #"^(?![\s\S]*(?:@|:\/\/|[^\s.]\.[^\s.,'’()&\/-]{2}|"# + endOfNameRegex
    ) { text in
        let scalars = Array(text.unicodeScalars)
        return isName(scalars) && !scalars.contains("@") && !containsScheme(scalars)
            && !scalars.indices.contains { isHostName(scalars, around: $0) }
    }

    /// A name of an organization, which is written into mails: visible, without a URL, and without line breaks and
    /// other control or direction characters. A host name alone is a usual name (`Example.com`), but not with `www.` or
    /// a path.
    package static let organizationName = Pattern(
        regex: #"^(?![\s\S]*(?::\/\/|[wW]{3}\.|[^\s.]\.[^\s.,'’()&\/-]{2,}\/|"# + endOfNameRegex
    ) { text in
        let scalars = Array(text.unicodeScalars)
        return isName(scalars) && !containsScheme(scalars)
            && !scalars.indices.contains { isWWW(scalars, at: $0) || isHostWithPath(scalars, around: $0) }
    }

    /// No control or direction character, and one that can be seen. Not with `$`, which in some languages allows a line
    /// break at the end.
    private static let endOfNameRegex =
        #"[\u0000-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]))"#
        + "(?=[\\s\\S]*\(InvisibleText.visibleCharacter))"

    /// Something that can be seen, and nothing that changes how the rest is shown.
    private static func isName(_ scalars: [Unicode.Scalar]) -> Bool {
        !scalars.contains { $0.isControlOrDirection } && scalars.contains { !InvisibleText.contains($0) }
    }

    private static func containsScheme(_ scalars: [Unicode.Scalar]) -> Bool {
        scalars.indices.dropLast(2).contains {
            scalars[$0] == ":" && scalars[$0 + 1] == "/" && scalars[$0 + 2] == "/"
        }
    }

    /// A dot between the parts of a name, with at least two characters behind it.
    private static func isHostName(_ scalars: [Unicode.Scalar], around dot: Int) -> Bool {
        guard scalars[dot] == ".", dot > 0, dot + 2 < scalars.count, scalars[dot - 1] != ".", !isSpace(scalars[dot - 1])
        else { return false }
        return isLabel(scalars[dot + 1]) && isLabel(scalars[dot + 2])
    }

    private static func isHostWithPath(_ scalars: [Unicode.Scalar], around dot: Int) -> Bool {
        guard isHostName(scalars, around: dot) else { return false }
        return scalars[(dot + 1)...].first { !isLabel($0) } == "/"
    }

    private static func isWWW(_ scalars: [Unicode.Scalar], at start: Int) -> Bool {
        guard start + 3 < scalars.count, scalars[start + 3] == "." else { return false }
        return scalars[start..<start + 3].allSatisfy { $0 == "w" || $0 == "W" }
    }

    private static func isLabel(_ scalar: Unicode.Scalar) -> Bool {
        !isSpace(scalar) && !".,'’()&/-".unicodeScalars.contains(scalar)
    }

    /// `\s` of ECMA 262: U+FEFF is among it, U+0085 is not.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value == 0xFEFF || (scalar.value != 0x85 && scalar.properties.isWhitespace)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isLowercase(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
}
