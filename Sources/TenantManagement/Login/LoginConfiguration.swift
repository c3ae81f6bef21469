import Configuration
import ConfigurationChecks
import OutboundHTTP
import Primitives
import ServiceKit

/// Settings of logins. They are read only if `OIDC_ISSUER` is set.
///
/// | variable | range | default | meaning |
/// |---|---|---|---|
/// | `OIDC_ISSUER` | https URL | – | the identity provider; must be its `issuer` to the letter |
/// | `OIDC_CLIENT_ID` | | required | name of this client at the provider |
/// | `OIDC_CLIENT_SECRET` | secret | – | for a confidential client; without it the client is public |
/// | `OIDC_REDIRECT_URI` | https URL | required | see `SessionConfiguration` |
/// | `OIDC_SCOPES` | | `openid profile email` | what is asked for |
/// | `OIDC_ROLE_CLAIM` | | `roles` | claim of the ID token that the mapping is about |
/// | `OIDC_ROLE_MAPPING`, `OIDC_ROLE_MAPPING_FILE` | JSON | one is required | see ``RoleMapping`` |
/// | `OIDC_USER_ID_CLAIM` | | `sub` | see ``OperatorID`` |
/// | `OIDC_CLOCK_SKEW_SECONDS` | 0 … 300 | 60 | tolerance for the times of ID tokens |
/// | `LOGIN_MAX_ATTEMPTS` | 1 … 1000000 | 60 | logins that a client may begin, and complete, in a minute |
/// | `SESSION_IDLE_SECONDS` | 60 … 86400 | 1800 | time without a request after which a session ends |
/// | `SESSION_LIFETIME_SECONDS` | 60 … 2592000 | 28800 | time after which a session ends in any case |
/// | `SESSION_LIMIT_PER_USER` | 1 … 100 | 10 | sessions of a user at once; a further login ends the oldest one |
struct LoginConfiguration: Sendable {
    static let configurationKeys = ConfigurationKeys(combining: [
        SessionConfiguration.configurationKeys,
        ConfigurationKeys(
            [
                "OIDC_CLIENT_ID", "OIDC_SCOPES", "OIDC_ROLE_CLAIM", "OIDC_ROLE_MAPPING", "OIDC_ROLE_MAPPING_FILE",
                "OIDC_USER_ID_CLAIM", "OIDC_CLOCK_SKEW_SECONDS", "LOGIN_MAX_ATTEMPTS", "SESSION_IDLE_SECONDS",
                "SESSION_LIFETIME_SECONDS", "SESSION_LIMIT_PER_USER",
            ], secrets: ["OIDC_CLIENT_SECRET"]),
    ])

    let sessions: SessionConfiguration
    let issuer: String
    let clientID: String
    let clientSecret: String?
    let scopes: String
    let mapping: RoleMapping
    let userIDClaim: String
    let clockSkew: Duration
    let limit: RateLimit
    let idleLifetime: Duration
    let sessionLifetime: Duration
    let sessionsPerUser: Int

    /// The settings; nil if nobody logs in with a browser.
    /// - Throws: ``ConfigurationFailure`` with all that is wrong.
    static func read(_ reader: ConfigReader) throws(ConfigurationFailure) -> LoginConfiguration? {
        if SessionConfiguration.isEnabled(reader) { return try LoginConfiguration(reader: reader) }
        guard reader.text("oidc.client.id") == nil else {
            throw ConfigurationFailure(key: "OIDC_ISSUER", reason: "is missing, although OIDC_CLIENT_ID is set")
        }
        return nil
    }

    private init(reader: ConfigReader) throws(ConfigurationFailure) {
        var mistakes = ConfigurationMistakes()
        func seconds(_ key: ConfigKey, default value: Int, in range: ClosedRange<Int>) -> Duration? {
            mistakes.read { () throws(ConfigurationFailure) -> Duration in
                .seconds(try reader.integer(key, default: value, in: range))
            }
        }
        let issuer = mistakes.read { () throws(ConfigurationFailure) -> String in try Self.issuer(reader) }
        let clientID = mistakes.read { () throws(ConfigurationFailure) -> String in
            try reader.required("oidc.client.id")
        }
        let secret = mistakes.read { () throws(ConfigurationFailure) -> String? in
            try reader.secret("oidc.client.secret")
        }
        let sessions = mistakes.read { () throws(ConfigurationFailure) -> SessionConfiguration in
            try SessionConfiguration(reader: reader)
        }
        let scopes = mistakes.read { () throws(ConfigurationFailure) -> String in try Self.scopes(reader) }
        let mapping = mistakes.read { () throws(ConfigurationFailure) -> RoleMapping in try Self.mapping(reader) }
        let skew = seconds("oidc.clock.skew.seconds", default: 60, in: 0...300)
        let idle = seconds("session.idle.seconds", default: 1800, in: 60...86_400)
        let lifetime = seconds("session.lifetime.seconds", default: 28_800, in: 60...2_592_000)
        let attempts = mistakes.read { () throws(ConfigurationFailure) -> Int in
            try reader.integer("login.max.attempts", default: 60, in: 1...1_000_000)
        }
        let sessionLimit = mistakes.read { () throws(ConfigurationFailure) -> Int in
            try reader.integer("session.limit.per.user", default: 10, in: 1...100)
        }
        userIDClaim = reader.text("oidc.user.id.claim") ?? "sub"
        try mistakes.check()
        guard let issuer, let clientID, let secret, let sessions, let scopes, let mapping, let skew, let idle,
            let lifetime, let attempts, let sessionLimit
        else { throw ConfigurationFailure(key: "OIDC_ISSUER", reason: "cannot be used") }
        self.issuer = issuer
        self.clientID = clientID
        clientSecret = secret
        self.sessions = sessions
        self.scopes = scopes
        self.mapping = mapping
        clockSkew = skew
        idleLifetime = idle
        sessionLifetime = lifetime
        limit = RateLimit(limit: attempts)
        sessionsPerUser = sessionLimit
    }

    private static func issuer(_ reader: ConfigReader) throws(ConfigurationFailure) -> String {
        let text = try reader.required("oidc.issuer")
        guard let url = HTTPURL(text), url.isSecure || url.isLoopback, !url.hasQuery else {
            throw ConfigKey("oidc.issuer").failure(text, "an https URL without a query (http on this machine)")
        }
        return text
    }

    private static func scopes(_ reader: ConfigReader) throws(ConfigurationFailure) -> String {
        let text = reader.text("oidc.scopes") ?? "openid profile email"
        let scopes = text.split(separator: " ")
        let isValid = text.utf8.allSatisfy {
            ($0 >= 0x20 && $0 < 0x7F) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        guard isValid, scopes.contains("openid") else {
            throw ConfigKey("oidc.scopes").failure(text, "names with spaces between them, among them openid")
        }
        return scopes.joined(separator: " ")
    }

    private static func mapping(_ reader: ConfigReader) throws(ConfigurationFailure) -> RoleMapping {
        let claim = reader.text("oidc.role.claim") ?? "roles"
        let inline = reader.text("oidc.role.mapping")
        let path = reader.text("oidc.role.mapping.file")
        let key = path == nil ? "OIDC_ROLE_MAPPING" : "OIDC_ROLE_MAPPING_FILE"
        let bytes: [UInt8]
        switch (inline, path) {
        case (let text?, nil): bytes = Array(text.utf8)
        case (nil, let path?):
            bytes = try SettingFile(path: path, variable: key).content()
        case (_?, _?):
            throw ConfigurationFailure(key: key, reason: "is set, and so is OIDC_ROLE_MAPPING; set one of them")
        case (nil, nil):
            throw ConfigurationFailure(
                key: key, reason: "is missing, and so is OIDC_ROLE_MAPPING_FILE: nobody would have any access")
        }
        do throws(RoleMapping.Malformed) {
            return try RoleMapping(claim: claim, json: bytes)
        } catch {
            throw ConfigurationFailure(key: key, reason: error.reason)
        }
    }
}
