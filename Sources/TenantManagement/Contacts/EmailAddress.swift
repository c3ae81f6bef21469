/// An e-mail address in the form in which addresses are compared: without surrounding space, in lower case.
///
/// Accepts the `dot-atom` form of RFC 5321 section 4.1.2 with a domain of at least two labels; quoted local parts and
/// address literals are rejected, as in most sign-up forms.
package struct EmailAddress: Sendable, Hashable {
    /// The normalized text.
    package let text: String
    /// The part after the `@`.
    package let domain: String

    /// Longest address that the tables hold.
    package static let maximumLength = 100

    /// Reads an address; nil when it is not one.
    package init?(_ input: String) {
        let trimmed = input.drop { $0.isWhitespace }
        var text = String(trimmed)
        while text.last?.isWhitespace == true { text.removeLast() }
        text = text.lowercased()
        guard text.utf8.count <= Self.maximumLength else { return nil }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, Self.isLocalPart(parts[0]), Self.isDomain(parts[1]) else { return nil }
        self.text = text
        self.domain = String(parts[1])
    }

    /// The mailbox for limits: without a tag (`ann+news@` reaches `ann@`), and for Gmail without dots.
    package var mailbox: String {
        let whole = text.prefix { $0 != "@" }
        let untagged = whole.prefix { $0 != "+" }
        let local = untagged.isEmpty ? whole : untagged
        guard ["gmail.com", "googlemail.com"].contains(domain) else { return "\(local)@\(domain)" }
        return "\(local.filter { $0 != "." })@gmail.com"
    }

    private static func isLocalPart(_ part: Substring) -> Bool {
        guard (1...64).contains(part.utf8.count), part.first != ".", part.last != ".", !part.contains("..") else {
            return false
        }
        let special = Set("!#$%&'*+-/=?^_`{|}~.".utf8)
        return part.utf8.allSatisfy { isLetterOrDigit($0) || special.contains($0) || $0 >= 0x80 }
    }

    private static func isDomain(_ part: Substring) -> Bool {
        let labels = part.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, let last = labels.last, last.utf8.count >= 2 else { return false }
        guard !last.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == 0x2D || $0 >= 0x80 }
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
