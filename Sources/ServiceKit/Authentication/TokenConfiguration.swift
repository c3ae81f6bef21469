package import Configuration
package import ConfigurationChecks
import Primitives

/// How bearer tokens are verified and issued.
///
/// Keys: `JWT_SECRET` (HS256 key, secret), `JWT_ISSUER` (required `iss` when set), `JWT_JWKS_FILE` or `JWT_JWKS_URL`
/// (further keys of an identity provider), `JWT_JWKS_REFRESH_SECONDS` (1...86400, default 300),
/// `JWT_CLOCK_SKEW_SECONDS` (0...300, default 0), `JWT_CACHE_SECONDS` (0...300, default 30: how long a verified token is
/// not verified again), `TOKEN_AUDIENCE` (what `aud` must be or contain when set), `OPERATOR_TENANT_ID` (tokens with this
/// `tenantId` are operators'), `TOKEN_REQUIRE_TENANT` (default false: tokens without `tenantId` are operators' too).
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

    package static let configurationKeys = ConfigurationKeys(
        [
            "JWT_ISSUER", "TOKEN_AUDIENCE", "JWT_JWKS_FILE", "JWT_JWKS_URL", "JWT_JWKS_REFRESH_SECONDS",
            "JWT_CLOCK_SKEW_SECONDS", "JWT_CACHE_SECONDS", "OPERATOR_TENANT_ID", "TOKEN_REQUIRE_TENANT",
        ], secrets: ["JWT_SECRET"])

    /// Reads the keys above.
    /// - Throws: ``ConfigurationFailure`` when a value is out of range or no key to verify with is configured.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        self.init(
            secret: try reader.secret("jwt.secret"),
            issuer: reader.text("jwt.issuer"),
            audience: reader.text("token.audience"),
            keySetFile: reader.text("jwt.jwks.file"),
            keySetURL: reader.text("jwt.jwks.url"),
            keySetRefresh: .seconds(try reader.integer("jwt.jwks.refresh.seconds", default: 300, in: 1...86_400)),
            clockSkew: .seconds(try reader.integer("jwt.clock.skew.seconds", default: 0, in: 0...300)),
            cacheLifetime: .seconds(try reader.integer("jwt.cache.seconds", default: 30, in: 0...300)),
            operatorTenantID: reader.text("operator.tenant.id"),
            requiresTenant: try reader.flag("token.require.tenant", default: false))
        if secret == nil && keySetFile == nil && keySetURL == nil {
            throw ConfigurationFailure(
                key: "JWT_SECRET",
                reason: "is not set, and neither JWT_JWKS_FILE nor JWT_JWKS_URL is: no token could be verified")
        }
    }
}
