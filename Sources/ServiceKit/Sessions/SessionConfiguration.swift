package import Configuration
package import ConfigurationChecks
import OutboundHTTP

/// How a service accepts sessions. Off unless `OIDC_ISSUER` is set.
package struct SessionConfiguration: Sendable {
    package static let issuerSetting = Setting.optionalText(
        "OIDC_ISSUER", values: "an https URL without a query (http on this machine)",
        "The identity provider of operators, to the letter as it names itself in `<issuer>/.well-known/openid-configuration`"
    ) { text in HTTPURL(text).map { ($0.isSecure || $0.isLoopback) && !$0.hasQuery } ?? false }

    private enum Settings {
        static let redirectURI = Setting.required(
            "OIDC_REDIRECT_URI",
            values:
                "an https URL without a query (http on this machine), such as https://arc.example.com/auth/callback",
            "Public URL of `GET /auth/callback`, registered at the provider; required with `OIDC_ISSUER`. Its origin is where browsers reach the services. With http, which is accepted on this machine only, cookies have neither `Secure` nor the prefix `__Host-`"
        ) { text in
            HTTPURL(text).map { ($0.isSecure || $0.isLoopback) && !$0.hasQuery && !$0.path.isEmpty } ?? false
        }
        static let redisDatabase = Setting.integer(
            "SESSION_REDIS_DATABASE", default: 0, in: 0...15,
            "Logical database of Redis with the sessions; the same in all services")
    }

    package static let configurationKeys = ConfigurationKeys(
        "login of operators", [issuerSetting, Settings.redirectURI, Settings.redisDatabase]
    ).checking { (reader) throws(ConfigurationFailure) in
        if try isEnabled(reader) { _ = try SessionConfiguration(reader: reader) }
    }

    package let redirectURI: String
    package let redisDatabase: Int
    /// Scheme, host and port of ``redirectURI``.
    package let origin: String
    package let cookies: SessionCookies

    /// Whether operators log in with browsers.
    package static func isEnabled(_ reader: ConfigReader) throws(ConfigurationFailure) -> Bool {
        try reader.value(issuerSetting) != nil
    }

    /// Reads the settings.
    /// - Throws: ``ConfigurationFailure`` that names the variable.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        let text = try reader.value(Settings.redirectURI)
        guard let url = HTTPURL(text) else { throw Settings.redirectURI.description.failure(text) }
        redirectURI = text
        origin = url.origin
        cookies = SessionCookies(isSecure: url.isSecure)
        redisDatabase = try reader.value(Settings.redisDatabase)
    }
}

extension HTTPURL {
    /// As browsers write it: in lower case, without the usual port.
    fileprivate var origin: String {
        let host = host.contains(":") ? "[\(host)]" : host
        let port = port.flatMap { $0 == (isSecure ? 443 : 80) ? nil : ":\($0)" } ?? ""
        return "\(isSecure ? "https" : "http")://\(host)\(port)".lowercased()
    }
}
