import HTTPTypes
package import Primitives

/// Callers with the cookie of a session: operators who have logged in with a browser.
///
/// Each such request asks Redis, so that a session that was ended is refused at once on every node. A browser sends the cookie
/// by itself, also when another site asks it to; changes therefore need the token of ``CrossSiteTokens`` and must not come from
/// another site.
package struct SessionAuthenticator: Authenticator {
    private let sessions: SessionAccess
    private let roles: RoleBook
    private let revocations: any TokenRevocations
    private let clock: any WallClock

    /// - Parameter revocations: Those of a user concern the sessions that the user has begun before, too.
    package init(
        sessions: SessionAccess, roles: RoleBook, revocations: any TokenRevocations, clock: any WallClock
    ) {
        self.sessions = sessions
        self.roles = roles
        self.revocations = revocations
        self.clock = clock
    }

    /// Whether there is a cookie of a session, right or wrong.
    package func recognizes(_ credentials: RequestCredentials) -> Bool {
        CookieHeader.find(sessions.cookies.session, in: credentials.headers) != .absent
    }

    /// The operator of the session.
    /// - Throws: 401 for a session that does not exist, or no longer; 403 for a change without the token or from another site;
    ///   503 without Redis.
    package func identity(of credentials: RequestCredentials) async throws -> Identity {
        let (token, session) = try await sessions.current(credentials.headers, now: clock.now())
        let asToken = RevocableToken(
            id: nil, users: [session.userID], tenant: nil, issuedAt: session.startedAt)
        guard try await !revocations.isRevoked(asToken) else {
            throw HTTPFailure.invalidSession(removing: sessions.cookies)
        }
        if !credentials.method.isSafe { try sessions.requireOwnSite(credentials.headers, token: token) }
        let allowed = roles.catalog.permissions(of: session.roles, for: .operator)
        return Identity(
            kind: .operator, credential: .session(id: session.id.description), id: session.userID,
            permissions: session.permissions.isEmpty ? allowed : allowed.union(session.permissions))
    }
}
