/// Finds out who calls, by the authenticators of a service.
///
/// The one that recognizes its kind of credential decides: what it refuses is not tried in another way. A request with
/// credentials of two kinds is refused, because parts of a system that look at different ones would disagree about the caller.
package struct AuthenticatorChain: Sendable {
    private let authenticators: [any Authenticator]

    package init(_ authenticators: [any Authenticator]) {
        self.authenticators = authenticators
    }

    /// The caller.
    /// - Throws: 401 without a credential, with a wrong one, and with several.
    func identity(of credentials: RequestCredentials) async throws -> Identity {
        guard let authenticator = try authenticator(of: credentials) else { throw HTTPFailure.missingToken }
        return try await authenticator.identity(of: credentials)
    }

    /// Refuses credentials of several kinds, for operations that verify their credential themselves.
    /// - Throws: 401.
    func refuseSeveral(_ credentials: RequestCredentials) throws(HTTPFailure) {
        _ = try authenticator(of: credentials)
    }

    private func authenticator(of credentials: RequestCredentials) throws(HTTPFailure) -> (any Authenticator)? {
        var found: (any Authenticator)?
        for authenticator in authenticators where authenticator.recognizes(credentials) {
            guard found == nil else { throw .severalCredentials }
            found = authenticator
        }
        return found
    }
}
