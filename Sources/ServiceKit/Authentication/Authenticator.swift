/// One way to find out who calls. ``AuthenticatorChain`` has all of them.
package protocol Authenticator: Sendable {
    /// Whether a request carries a credential of this kind, right or wrong. It looks at the headers only.
    func recognizes(_ credentials: RequestCredentials) -> Bool

    /// The caller. It is asked only for credentials that it recognizes.
    /// - Throws: 401 for a wrong credential; errors of what it depends on, so that nobody passes without it.
    func identity(of credentials: RequestCredentials) async throws -> Identity
}
