import Entities
import OutboundHTTP

/// What the URL of an endpoint may be. Where its name leads is checked again on each connection.
struct WebhookURL: Sendable {
    /// Whether `http` is accepted too.
    let allowsHTTP: Bool
    /// Whether addresses of this machine and of private networks are accepted too.
    let allowsPrivateAddresses: Bool

    static let maximumLength = 2000

    /// The scheme, and characters that URLs consist of.
    static let pattern = Pattern(regex: "^[Hh][Tt][Tt][Pp][Ss]?://[!-~]+$") { text in
        let scheme = text.prefix { $0 != ":" }.lowercased()
        return (scheme == "https" || scheme == "http") && text.dropFirst(scheme.count).hasPrefix("://")
            && text.utf8.count > scheme.utf8.count + 3 && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// What is wrong with a URL; nil if nothing is.
    func problem(with text: String) -> String? {
        guard let url = HTTPURL(text) else {
            return "must be an absolute URL with a host and without user, password and fragment"
        }
        if !url.isSecure, !allowsHTTP { return "must begin with https://" }
        let host = url.host.hasSuffix(".") ? String(url.host.dropLast()) : url.host
        if host.contains(":") || Self.isNumeric(host) {
            return addressProblem(host)
        }
        let name = host.lowercased()
        let isLocal = ["localhost", "local", "internal"].contains { name == $0 || name.hasSuffix(".\($0)") }
        return isLocal && !allowsPrivateAddresses ? Self.notPublic : nil
    }

    private static let notPublic = "must not lead to this machine, a private network or a metadata service"

    private func addressProblem(_ host: String) -> String? {
        guard host.contains(":") || Self.isDottedQuad(host) else {
            return "must name its host, or have an IPv4 address of four decimal numbers or an IPv6 address"
        }
        switch OutboundAddress.kind(ofText: host) {
        case .publicNetwork: return nil
        case .privateNetwork: return allowsPrivateAddresses ? nil : Self.notPublic
        case .linkLocal: return Self.notPublic
        }
    }

    /// Whether system libraries take a host for an IPv4 address in some notation: its last label is a number (WHATWG URL,
    /// "ends in a number checker").
    private static func isNumeric(_ host: String) -> Bool {
        guard let last = host.split(separator: ".", omittingEmptySubsequences: false).last, !last.isEmpty else {
            return true
        }
        let text = last.lowercased()
        if text.hasPrefix("0x") { return text.dropFirst(2).allSatisfy(\.isHexDigit) }
        return text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// Four decimal numbers without leading zeros, which some libraries read as octal.
    private static func isDottedQuad(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0).map(String.init) == String($0) }
    }
}
