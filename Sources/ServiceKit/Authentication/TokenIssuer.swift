import JSONCoding
import JWTKit
package import Primitives

/// Signs the tokens that the product itself issues, HS256 with `JWT_SECRET`.
package struct TokenIssuer: Sendable {
    private let keys: JWTKeyCollection
    private let issuer: String?
    private let audience: String?
    private let clock: any WallClock

    /// - Parameters:
    ///   - secret: HS256 key.
    ///   - issuer: Claim `iss`; none when nil.
    ///   - audience: Claim `aud`; none when nil.
    ///   - clock: For `iat` and `exp`.
    package init(secret: String, issuer: String?, audience: String? = nil, clock: any WallClock) async {
        self.keys = JWTKeyCollection()
        await keys.add(hmac: .sharedSecret(secret), digestAlgorithm: .sha256)
        self.issuer = issuer
        self.audience = audience
        self.clock = clock
    }

    /// What a token says.
    package struct Claims: Sendable {
        /// Claim `id`.
        package var id: String?
        /// Claim `userTenantId`.
        package var userTenantID: String?
        /// Claim `tenantId`.
        package var tenantID: String?
        /// Claim `role`.
        package var role: String?
        /// Claim `permissions`.
        package var permissions: [String]

        /// Makes one from its parts.
        package init(
            id: String?, userTenantID: String? = nil, tenantID: String? = nil, role: String? = nil,
            permissions: [String]
        ) {
            self.id = id
            self.userTenantID = userTenantID
            self.tenantID = tenantID
            self.role = role
            self.permissions = permissions
        }
    }

    /// A signed token.
    /// - Parameters:
    ///   - claims: What it says.
    ///   - lifetime: Time until it expires.
    package func issue(_ claims: Claims, lifetime: Duration) async throws -> String {
        let instant = clock.now()
        let now = instant.microseconds / 1_000_000
        let payload = Payload(
            jti: Identifier.v7(at: instant).description, id: claims.id,
            userTenantID: claims.userTenantID, tenantID: claims.tenantID, role: claims.role,
            permissions: claims.permissions, iss: issuer, aud: audience, iat: now,
            exp: now + lifetime.components.seconds)
        return try await keys.sign(payload)
    }

    private struct Payload: JWTPayload {
        let jti: String
        let id: String?
        let userTenantID: String?
        let tenantID: String?
        let role: String?
        let permissions: [String]
        let iss: String?
        let aud: String?
        let iat: Int64
        let exp: Int64

        enum CodingKeys: String, CodingKey {
            case jti, id, role, permissions, iss, aud, iat, exp
            case userTenantID = "userTenantId"
            case tenantID = "tenantId"
        }

        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }
}
