package import Entities

/// A request of a caller whose credential was verified and holds one of the operation's permissions.
///
/// Only ``AuthenticatorChain/authenticate(_:permissions:)`` makes one, so that an operation that takes it cannot be reached
/// without a credential.
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
    package var writeContext: WriteContext { request.writeContext(in: scope, by: identity) }

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

extension AuthenticatorChain {
    /// Verifies the credential and its permissions.
    /// - Parameter known: The result of ``identity(of:)`` for the same request, if there is one.
    /// - Throws: 401 without a usable credential, 403 when it holds none of the permissions.
    package func authenticate(
        _ request: OperationRequest, permissions: [String], known: Result<Identity, any Error>? = nil
    ) async throws -> AuthenticatedRequest {
        let identity = if let known { try known.get() } else { try await identity(of: request.credentials) }
        request.annotations.update { values in
            values.userID = identity.id
            values.tenantID = identity.kind.confinement
            values.caller = identity.kind.caller
        }
        guard identity.holdsAny(of: permissions) else { throw HTTPFailure.notAllowed }
        return AuthenticatedRequest(request: request, identity: identity)
    }

    /// Confines an authenticated request to what its caller may see: a tenant's users to their tenant.
    package func scope(_ authenticated: AuthenticatedRequest) -> ScopedRequest {
        ScopedRequest(authenticated, scope: authenticated.identity.scope)
    }
}
