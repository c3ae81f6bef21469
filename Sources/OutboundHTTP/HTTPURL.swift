import FoundationEssentials

/// An absolute `http` or `https` URL with a host and without user, password and fragment: what requests are sent to.
package struct HTTPURL: Sendable, Hashable {
    /// Whether the scheme is `https`.
    package let isSecure: Bool
    /// The host name or address, without brackets.
    package let host: String
    /// The port, if the URL names one.
    package let port: Int?
    /// The path as it is written; may be empty.
    package let path: String
    package let hasQuery: Bool

    /// Nil for any other text.
    package init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let url = URL(string: text),
            let scheme = url.scheme?.lowercased(), scheme == "http" || scheme == "https",
            let host = url.host(), !host.isEmpty, url.user() == nil, url.password() == nil, url.fragment() == nil,
            Self.hasPossiblePort(text)
        else { return nil }
        isSecure = scheme == "https"
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        port = url.port
        path = url.path(percentEncoded: true)
        hasQuery = url.query() != nil
    }

    /// Whether the port is missing, empty or from 1 to 65535.
    private static func hasPossiblePort(_ text: String) -> Bool {
        guard let scheme = text.firstRange(of: "://") else { return false }
        let authority = text[scheme.upperBound...].prefix { !"/?#".contains($0) }
        guard let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") else { return true }
        let port = authority[authority.index(after: colon)...]
        return port.isEmpty || UInt16(port).map { $0 > 0 } == true
    }

    /// Whether the text is such a URL.
    package static func isValid(_ text: String) -> Bool { HTTPURL(text) != nil }

    /// Whether the host is this machine by its name or address.
    package var isLoopback: Bool {
        if ["localhost", "::1"].contains(host.lowercased()) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
    }

    /// Whether a header may be sent: a token as name, visible ASCII and spaces as value (RFC 9110 section 5).
    package static func isHeader(name: String, value: String) -> Bool {
        let separators = Set(#"()<>@,;:\"/[]?={} "#.utf8)
        return !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !separators.contains($0) }
            && value.utf8.allSatisfy { ($0 >= 0x20 && $0 < 0x7F) || $0 == 0x09 }
    }
}
