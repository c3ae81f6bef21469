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
}
