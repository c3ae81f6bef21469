import ConfigurationChecks
import FoundationEssentials
import ServiceKit

/// The address of an identity provider.
enum IdentityProviderURL {
    /// An address without a slash at its end. One without scheme is https.
    /// - Throws: ``ConfigurationFailure`` when it is no plain address, or not https: what is sent there is credentials. Only
    ///   this machine may be spoken to in clear text.
    static func parse(_ text: String, variable: String) throws(ConfigurationFailure) -> String {
        var address = text.contains("://") ? text : "https://\(text)"
        while address.hasSuffix("/") { address.removeLast() }
        guard address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let url = URL(string: address),
            let scheme = url.scheme?.lowercased(), let host = url.host(), !host.isEmpty, url.user() == nil,
            url.password() == nil, url.query() == nil, url.fragment() == nil
        else { throw ConfigurationFailure(key: variable, reason: "must be an address such as https://id.example.com") }
        guard scheme == "https" || (scheme == "http" && isLoopback(host)) else {
            throw ConfigurationFailure(
                key: variable, reason: "must begin with https://; http:// is for a server on this machine only")
        }
        return address
    }

    private static func isLoopback(_ host: String) -> Bool {
        if ["localhost", "::1", "[::1]"].contains(host.lowercased()) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
    }

    /// A text as one segment of a path, or one value of a query or form (RFC 3986 section 2.3).
    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }

    /// Name-value pairs as a query or an `application/x-www-form-urlencoded` body.
    static func encoded(_ pairs: [(name: String, value: String)]) -> String {
        pairs.map { "\(encoded($0.name))=\(encoded($0.value))" }.joined(separator: "&")
    }
}
