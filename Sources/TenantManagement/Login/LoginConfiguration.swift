import Configuration
import ConfigurationChecks
import Primitives
import ServiceKit

/// Settings of logins. They are read only if `OIDC_ISSUER` is set.
struct LoginConfiguration: Sendable {
    private enum Settings {
        static let clientID = Setting.required(
            "OIDC_CLIENT_ID", "Name of this client at the provider; required with `OIDC_ISSUER`")
        static let clientSecret = Setting.secret(
            "OIDC_CLIENT_SECRET",
            "With a secret the client is confidential (`client_secret_basic`, or `client_secret_post` if the provider knows nothing else); PKCE is used in any case"
        )
        static let scopes = Setting<String>.parsed(
            "OIDC_SCOPES", default: "openid profile email", unset: "openid profile email",
            values: "names with spaces between them, among them openid", "What is asked for", isLiteral: true,
            normalizedScopes)
        static let roleClaim = Setting.text(
            "OIDC_ROLE_CLAIM", default: "roles",
            "Claim of the ID token, a text or a list of texts. `a.b` is the member `b` of the claim `a`, such as `realm_access.roles`"
        )
        static let mapping = Setting.optionalText(
            "OIDC_ROLE_MAPPING", values: "JSON",
            "What the values of the claim stand for: `{\"arc-admins\": {\"roles\": [\"SuperAdmin\"]}, \"arc-support\": {\"roles\": [\"Support\"], \"permissions\": [\"10250\"]}}`; a list stands for roles. A value that is not listed gives nothing, and a user without any access cannot log in. This or `OIDC_ROLE_MAPPING_FILE` is required with `OIDC_ISSUER`"
        )
        static let mappingFile = Setting.optionalText(
            "OIDC_ROLE_MAPPING_FILE", values: "path of a file", "The same as a file")
        static let userIDClaim = Setting.text(
            "OIDC_USER_ID_CLAIM", default: "sub",
            "Claim with the user's id for audit columns. One that is no UUID is turned into a UUID, always the same for a user of an issuer"
        )
        static let clockSkew = Setting.duration(
            "OIDC_CLOCK_SKEW_SECONDS", default: 60, in: 0...300, "Tolerance for the times of ID tokens")
        static let attempts = Setting.integer(
            "LOGIN_MAX_ATTEMPTS", default: 60, in: 1...1_000_000,
            "Logins that a client may begin, and complete, in a minute")
        static let idle = Setting.duration(
            "SESSION_IDLE_SECONDS", default: 1800, in: 60...86_400,
            "Time without a request after which a session ends")
        static let lifetime = Setting.duration(
            "SESSION_LIFETIME_SECONDS", default: 28_800, in: 60...2_592_000,
            "Time after which a session ends in any case")
        static let sessions = Setting.integer(
            "SESSION_LIMIT_PER_USER", default: 10, in: 1...100,
            "Sessions of a user at the same time; a further login ends the oldest one")
    }

    static let configurationKeys = ConfigurationKeys(combining: [
        SessionConfiguration.configurationKeys,
        ConfigurationKeys(
            "login of operators",
            [
                Settings.clientID, Settings.clientSecret, Settings.scopes, Settings.roleClaim, Settings.mapping,
                Settings.mappingFile, Settings.userIDClaim, Settings.clockSkew, Settings.attempts, Settings.idle,
                Settings.lifetime, Settings.sessions,
            ]
        ).checking { (reader) throws(ConfigurationFailure) in _ = try read(reader) },
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
        if try SessionConfiguration.isEnabled(reader) { return try LoginConfiguration(reader: reader) }
        guard !Settings.clientID.description.isSet(in: reader) else {
            throw ConfigurationFailure(key: "OIDC_ISSUER", reason: "is missing, although OIDC_CLIENT_ID is set")
        }
        return nil
    }

    private init(reader: ConfigReader) throws(ConfigurationFailure) {
        var mistakes = ConfigurationMistakes()
        func read<Value>(_ setting: Setting<Value>) -> Value? {
            mistakes.read { () throws(ConfigurationFailure) -> Value in try reader.value(setting) }
        }
        let issuer = read(SessionConfiguration.issuerSetting)
        let clientID = read(Settings.clientID)
        let secret = read(Settings.clientSecret)
        let sessions = mistakes.read { () throws(ConfigurationFailure) -> SessionConfiguration in
            try SessionConfiguration(reader: reader)
        }
        let scopes = read(Settings.scopes)
        let mapping = mistakes.read { () throws(ConfigurationFailure) -> RoleMapping in try Self.mapping(reader) }
        let skew = read(Settings.clockSkew)
        let idle = read(Settings.idle)
        let lifetime = read(Settings.lifetime)
        let attempts = read(Settings.attempts)
        let sessionLimit = read(Settings.sessions)
        let userIDClaim = read(Settings.userIDClaim)
        try mistakes.check()
        guard let issuer = issuer ?? nil, let clientID, let secret, let sessions, let scopes, let mapping, let skew,
            let idle, let lifetime, let attempts, let sessionLimit, let userIDClaim
        else { throw ConfigurationFailure(key: "OIDC_ISSUER", reason: "cannot be used") }
        self.issuer = issuer
        self.userIDClaim = userIDClaim
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

    @Sendable private static func normalizedScopes(_ text: String) -> String? {
        let scopes = text.split(separator: " ")
        let isValid = text.utf8.allSatisfy {
            ($0 >= 0x20 && $0 < 0x7F) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        return isValid && scopes.contains("openid") ? scopes.joined(separator: " ") : nil
    }

    private static func mapping(_ reader: ConfigReader) throws(ConfigurationFailure) -> RoleMapping {
        let claim = try reader.value(Settings.roleClaim)
        let inline = try reader.value(Settings.mapping)
        let path = try reader.value(Settings.mappingFile)
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
