package import Configuration
package import ConfigurationChecks
import Primitives

/// How bearer tokens are verified and issued.
package struct TokenConfiguration: Sendable {
    /// HS256 key; nil when only a key set is used.
    package var secret: String?
    /// Required `iss`; nil accepts every issuer.
    package var issuer: String?
    /// What `aud` must be or contain; nil accepts every audience. Tokens that the service issues contain it.
    package var audience: String?
    /// File with a JSON Web Key Set.
    package var keySetFile: String?
    /// URL of a JSON Web Key Set.
    package var keySetURL: String?
    /// How often the key set is read again.
    package var keySetRefresh: Duration
    /// Tolerance for `exp` and `nbf`.
    package var clockSkew: Duration
    /// Longest time for which the outcome of a verification is kept.
    package var cacheLifetime: Duration
    /// Value of the claim `tenantId` that marks operators.
    package var operatorTenantID: String?
    /// Whether tokens without the claim `tenantId` are rejected instead of being operators' tokens.
    package var requiresTenant: Bool

    /// Makes one from its parts.
    package init(
        secret: String?, issuer: String?, audience: String? = nil, keySetFile: String? = nil, keySetURL: String? = nil,
        keySetRefresh: Duration = .seconds(300), clockSkew: Duration = .zero, cacheLifetime: Duration = .seconds(30),
        operatorTenantID: String? = nil, requiresTenant: Bool = false
    ) {
        self.secret = secret
        self.issuer = issuer
        self.audience = audience
        self.keySetFile = keySetFile
        self.keySetURL = keySetURL
        self.keySetRefresh = keySetRefresh
        self.clockSkew = clockSkew
        self.cacheLifetime = cacheLifetime
        self.operatorTenantID = operatorTenantID
        self.requiresTenant = requiresTenant
    }

    /// Signs tokens, and verifies them.
    package static let secretSetting = Setting.secret(
        "JWT_SECRET",
        "HS256 key of tokens. Tenant management requires it, because it signs the tokens of leads; the orchestrator reads it only in place of `DATA_ENCRYPTION_KEY`"
    )
    package static let issuerSetting = Setting.optionalText("JWT_ISSUER", "Issuer that tokens must have")
    package static let audienceSetting = Setting.optionalText(
        "TOKEN_AUDIENCE",
        "Value that `aud` must be or contain. Set it if the identity provider serves other applications too; otherwise their tokens are accepted. Tokens that the services and `arc token` issue contain it"
    )
    package static let operatorTenantSetting = Setting.optionalText(
        "OPERATOR_TENANT_ID",
        "`tenantId` of operators; tokens without `tenantId` are operators' tokens too, unless `TOKEN_REQUIRE_TENANT` is set"
    )
    package static let requiresTenantSetting = Setting.flag(
        "TOKEN_REQUIRE_TENANT", default: false,
        "Whether tokens without `tenantId` are rejected. Use it if a user of the identity provider may lack the attribute by mistake; operators then need `OPERATOR_TENANT_ID`"
    )

    private enum Settings {
        static let file = Setting.optionalText(
            "JWT_JWKS_FILE", values: "path of a file",
            "Keys of an identity provider: RS (from 2048 bits), PS, ES, EdDSA, each with its own algorithm only. Other keys of the set are ignored, as are keys for encryption and keys without `kid`"
        )
        static let url = Setting.optionalText(
            "JWT_JWKS_URL", values: "an http or https URL",
            "The same from a URL, which must return them within 10 s and 1 MiB; redirects are not followed. A set that cannot be read is retried after 1 s, then with back-off up to 30 s; the service is not ready before the first success. A token with an unknown key causes a refresh, at most every 10 s"
        )
        static let refresh = Setting.duration(
            "JWT_JWKS_REFRESH_SECONDS", default: 300, in: 1...86_400, "How often these keys are read again")
        static let skew = Setting.duration(
            "JWT_CLOCK_SKEW_SECONDS", default: 0, in: 0...300, "Tolerance for the times of tokens")
        static let cache = Setting.duration(
            "JWT_CACHE_SECONDS", default: 30, in: 0...300, "How long the result of a verification is reused")
    }

    package static let configurationKeys = ConfigurationKeys(
        "tokens",
        [
            secretSetting, issuerSetting, audienceSetting, Settings.file, Settings.url, Settings.refresh, Settings.skew,
            Settings.cache, operatorTenantSetting, requiresTenantSetting,
        ]
    ).checking { (reader) throws(ConfigurationFailure) in _ = try TokenConfiguration(reader: reader) }

    /// Reads the settings.
    /// - Throws: ``ConfigurationFailure`` when a value is out of range or no key to verify with is configured.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        self.init(
            secret: try reader.value(Self.secretSetting), issuer: try reader.value(Self.issuerSetting),
            audience: try reader.value(Self.audienceSetting), keySetFile: try reader.value(Settings.file),
            keySetURL: try reader.value(Settings.url), keySetRefresh: try reader.value(Settings.refresh),
            clockSkew: try reader.value(Settings.skew), cacheLifetime: try reader.value(Settings.cache),
            operatorTenantID: try reader.value(Self.operatorTenantSetting),
            requiresTenant: try reader.value(Self.requiresTenantSetting))
        if secret == nil && keySetFile == nil && keySetURL == nil {
            throw ConfigurationFailure(
                key: "JWT_SECRET",
                reason: "is not set, and neither JWT_JWKS_FILE nor JWT_JWKS_URL is: no token could be verified")
        }
    }
}
