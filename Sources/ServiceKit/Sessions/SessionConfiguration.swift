package import Configuration
package import ConfigurationChecks
import OutboundHTTP

/// How a service accepts sessions. Off unless `OIDC_ISSUER` is set.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `OIDC_ISSUER` | – | the identity provider of operators; nothing accepts sessions without one |
/// | `OIDC_REDIRECT_URI` | required | public URL of `GET /auth/callback`: its origin is where browsers reach the services |
/// | `SESSION_REDIS_DATABASE` | 0 | logical database of Redis; the same in all services |
package struct SessionConfiguration: Sendable {
    package static let configurationKeys: ConfigurationKeys = [
        "OIDC_ISSUER", "OIDC_REDIRECT_URI", "SESSION_REDIS_DATABASE",
    ]

    package let redirectURI: String
    package let redisDatabase: Int
    /// Scheme, host and port of ``redirectURI``.
    package let origin: String
    package let cookies: SessionCookies

    /// Whether operators log in with browsers.
    package static func isEnabled(_ reader: ConfigReader) -> Bool { reader.text("oidc.issuer") != nil }

    /// Reads the keys above.
    /// - Throws: ``ConfigurationFailure`` that names the variable.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        let text = try reader.required("oidc.redirect.uri")
        guard let url = HTTPURL(text), url.isSecure || url.isLoopback, !url.hasQuery, !url.path.isEmpty else {
            throw ConfigKey("oidc.redirect.uri").failure(
                text,
                "an https URL without a query (http on this machine), such as https://arc.example.com/auth/callback")
        }
        redirectURI = text
        origin = url.origin
        cookies = SessionCookies(isSecure: url.isSecure)
        redisDatabase = try reader.integer("session.redis.database", default: 0, in: 0...15)
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
