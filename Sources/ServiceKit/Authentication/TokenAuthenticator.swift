/// Callers with a token in the `Authorization` header.
///
/// Every such header is its own unless another authenticator owns that form of bearer credential, so that no form of it
/// passes as the absence of a credential.
package struct TokenAuthenticator: Authenticator {
    private let verifier: TokenVerifier
    private let isOther: @Sendable (_ bearer: String) -> Bool

    /// - Parameters:
    ///   - verifier: Verifies the tokens.
    ///   - isOther: Whether a bearer credential is not a token but of a kind that another authenticator recognizes.
    package init(verifier: TokenVerifier, isOther: @escaping @Sendable (_ bearer: String) -> Bool = { _ in false }) {
        self.verifier = verifier
        self.isOther = isOther
    }

    /// Whether there is an `Authorization` header that is not for another authenticator.
    package func recognizes(_ credentials: RequestCredentials) -> Bool {
        switch credentials.authorization {
        case .missing: false
        case .unusable: true
        case .bearer(let token): !isOther(token)
        }
    }

    /// The caller of the token.
    /// - Throws: 401 for every other form of the header and every token that cannot be accepted; 403 for a token whose tenant
    ///   is not a UUID.
    package func identity(of credentials: RequestCredentials) async throws -> Identity {
        guard case .bearer(let token) = credentials.authorization else { throw HTTPFailure.invalidToken }
        return try await verifier.verify(token)
    }
}
