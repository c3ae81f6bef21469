import ConfigurationChecks
import OutboundHTTP

/// The address of an identity provider.
enum IdentityProviderURL {
    /// An address without a slash at its end. One without scheme is https.
    /// - Throws: ``ConfigurationFailure`` when it is no plain address, or not https: what is sent there is credentials. Only
    ///   this machine may be spoken to in clear text.
    static func parse(_ text: String, variable: String) throws(ConfigurationFailure) -> String {
        var address = text.contains("://") ? text : "https://\(text)"
        while address.hasSuffix("/") { address.removeLast() }
        guard let url = HTTPURL(address), !url.hasQuery else {
            throw ConfigurationFailure(key: variable, reason: "must be an address such as https://id.example.com")
        }
        guard url.isSecure || url.isLoopback else {
            throw ConfigurationFailure(
                key: variable, reason: "must begin with https://; http:// is for a server on this machine only")
        }
        return address
    }
}
