/// The address of a mailbox, in the form that SMTP and message headers allow (RFC 5321 section 4.1.2, RFC 6531).
///
/// A valid address is safe between `<` and `>` in a command: no control characters, no spaces and no angle
/// brackets outside of quotes.
package struct MailAddress: Sendable, Hashable {
    /// The words before the address (`Arc <arc@example.com>`); nil when there are none.
    package let name: String?
    /// The part before the `@`, as written, with quotes if it has them.
    package let localPart: String
    /// The part after the `@`: a domain or an address literal.
    package let domain: String

    /// Reads `arc@example.com` or `Arc <arc@example.com>`; nil for anything else.
    package init?(_ text: String) {
        guard text.hasSuffix(">"), let open = text.lastIndex(of: "<") else {
            self.init(specification: text)
            return
        }
        let inner = text[text.index(after: open)...].dropLast()
        guard let address = MailAddress(specification: String(inner)) else { return nil }
        var name = text[..<open].drop { $0 == " " }
        while name.last == " " { name.removeLast() }
        if name.count >= 2, name.first == "\"", name.last == "\"" { name = name.dropFirst().dropLast() }
        self.init(name: name.isEmpty ? nil : String(name), localPart: address.localPart, domain: address.domain)
    }

    /// Reads a bare `local@domain` of at most 254 bytes (the 256 of a path, RFC 5321 section 4.5.3.1.3); nil for
    /// anything else.
    package init?(specification: String) {
        guard specification.utf8.count <= 254, let at = specification.lastIndex(of: "@") else { return nil }
        let localPart = specification[..<at]
        let domain = specification[specification.index(after: at)...]
        guard Self.isLocalPart(localPart), Self.isDomain(domain) else { return nil }
        self.init(name: nil, localPart: String(localPart), domain: String(domain))
    }

    private init(name: String?, localPart: String, domain: String) {
        self.name = name
        self.localPart = localPart
        self.domain = domain
    }

    /// `local@domain`.
    package var specification: String { "\(localPart)@\(domain)" }

    /// Whether only servers with SMTPUTF8 (RFC 6531) take it.
    package var needsUTF8: Bool { !specification.utf8.allSatisfy { $0 < 0x80 } }

    /// A dot-string or a quoted string, of 1 to 64 bytes. Dots may be anywhere: such mailboxes exist.
    private static func isLocalPart(_ text: Substring) -> Bool {
        guard (1...64).contains(text.utf8.count) else { return false }
        guard text.utf8.first == UInt8(ascii: "\"") else {
            return text.unicodeScalars.allSatisfy { isAtomText($0) || $0 == "." }
        }
        guard text.utf8.count >= 3, text.utf8.last == UInt8(ascii: "\"") else { return false }
        var isEscaped = false
        for byte in text.utf8.dropFirst().dropLast() {
            guard (0x20...0x7E).contains(byte) else { return false }
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                return false
            }
        }
        return !isEscaped
    }

    private static func isDomain(_ text: Substring) -> Bool {
        if text.hasPrefix("["), text.hasSuffix("]") {
            let inner = text.dropFirst().dropLast()
            return !inner.isEmpty && inner.utf8.allSatisfy { isLetterOrDigit($0) || ":.-".utf8.contains($0) }
        }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty
                && label.unicodeScalars.allSatisfy { scalar in
                    scalar.isASCII ? isLetterOrDigit(UInt8(scalar.value)) || scalar == "-" : isText(scalar)
                }
        }
    }

    /// RFC 5322 section 3.2.3, and beyond ASCII RFC 6532 section 3.2.
    private static func isAtomText(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.isASCII else { return isText(scalar) }
        let byte = UInt8(scalar.value)
        return isLetterOrDigit(byte) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    /// Beyond ASCII: neither white space, nor control, nor invisible.
    private static func isText(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .unassigned, .privateUse: false
        default: true
        }
    }
}
