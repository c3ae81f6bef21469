package import Primitives

/// What of a token revocations refer to.
package struct RevocableToken: Sendable, Hashable {
    /// Claim `jti`.
    package let id: String?
    /// Claims `id` and `userTenantId`: a user can be named by either.
    package let users: [String]
    /// The tenant or lead to which the bearer is confined: revocations of a tenant concern only its own tokens.
    package let tenant: Identifier?
    /// Claim `iat`. A token that does not say when it was issued counts as issued before every revocation of its user.
    package let issuedAt: Timestamp?

    package init(id: String?, users: [String], tenant: Identifier?, issuedAt: Timestamp?) {
        self.id = id
        self.users = users
        self.tenant = tenant
        self.issuedAt = issuedAt
    }
}

/// Which tokens are no longer accepted although their issuer has signed them.
package protocol TokenRevocations: Sendable {
    /// Whether all revocations but those of the last seconds are known in memory, so that what was found out about a token
    /// still holds. Otherwise each token has to be looked up.
    var isCurrent: Bool { get }

    /// Whether a token is revoked.
    /// - Throws: An error of the database, so that nobody passes without it.
    func isRevoked(_ token: RevocableToken) async throws -> Bool

    /// Calls a function after more tokens were revoked.
    func onChange(_ observer: @escaping @Sendable () -> Void)
}
