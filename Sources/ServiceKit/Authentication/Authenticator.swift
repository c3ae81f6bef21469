package import Entities
package import HTTPTypes

/// A request of a caller whose token was verified and holds one of the operation's permissions.
///
/// Only ``Authenticator`` makes one, so that an operation that takes it cannot be reached without a token.
package struct AuthenticatedRequest: Sendable {
    /// The request.
    package fileprivate(set) var request: OperationRequest
    /// Who calls.
    package let identity: Identity

    /// The same request with a claim.
    func with(_ claim: IdempotencyClaim?) -> AuthenticatedRequest {
        var copy = self
        copy.request = request.with(claim)
        return copy
    }

    fileprivate init(request: OperationRequest, identity: Identity) {
        self.request = request
        self.identity = identity
    }
}

/// An authenticated request together with the rows that its caller may see.
package struct ScopedRequest: Sendable {
    /// The request.
    package fileprivate(set) var request: OperationRequest
    /// Who calls.
    package let identity: Identity
    /// What the caller may see; every repository method asks for it.
    package let scope: TenantScope

    /// The circumstances of what the request writes, on its caller's behalf.
    package var writeContext: WriteContext { request.writeContext(in: scope) }

    /// The same request with a claim.
    func with(_ claim: IdempotencyClaim?) -> ScopedRequest {
        var copy = self
        copy.request = request.with(claim)
        return copy
    }

    fileprivate init(_ authenticated: AuthenticatedRequest, scope: TenantScope) {
        self.request = authenticated.request
        self.identity = authenticated.identity
        self.scope = scope
    }
}

/// Turns requests into authenticated and tenant-scoped ones.
package struct Authenticator: Sendable {
    private let verifier: TokenVerifier

    /// - Parameter verifier: Verifies bearer tokens.
    package init(verifier: TokenVerifier) {
        self.verifier = verifier
    }

    /// Verifies the bearer token and its permissions.
    /// - Throws: 401 without a usable token, 403 when it holds none of the permissions.
    package func authenticate(
        _ request: OperationRequest, permissions: [String]
    ) async throws(HTTPFailure) -> AuthenticatedRequest {
        let identity = try await verifier.verify(try Self.bearerToken(request.headers))
        request.annotations.update { values in
            values.userID = identity.id
            values.tenantID = identity.kind.confinement
        }
        guard identity.holdsAny(of: permissions) else { throw .notAllowed }
        return AuthenticatedRequest(request: request, identity: identity)
    }

    /// Confines an authenticated request to what its caller may see: a tenant's users to their tenant.
    package func scope(_ authenticated: AuthenticatedRequest) -> ScopedRequest {
        ScopedRequest(authenticated, scope: authenticated.identity.scope)
    }

    /// The token of an `Authorization: Bearer` header.
    /// - Throws: 401 when the header is missing or has another form.
    package static func bearerToken(_ headers: HTTPFields) throws(HTTPFailure) -> String {
        guard let header = headers[.authorization] else { throw .missingToken }
        // Bytes, not characters: tokens are long, and this is done for every request.
        let bytes = header.utf8
        guard let space = bytes.firstIndex(of: UInt8(ascii: " ")),
            header[..<space].lowercased() == "bearer"
        else { throw .invalidToken }
        var start = bytes.index(after: space)
        while start < bytes.endIndex, bytes[start] == UInt8(ascii: " ") { start = bytes.index(after: start) }
        let token = header[start...]
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .invalidToken }
        return String(token)
    }
}
