package import Entities
package import HTTPTypes
package import JSONCoding
import Logging
package import PostgresClient
package import Primitives

/// A request whose parameters and body were found to be valid.
package struct OperationRequest: Sendable {
    /// HTTP method.
    package let method: HTTPRequest.Method
    /// Path without the query.
    package let path: String
    /// Query as sent, percent-encoded, without the question mark; empty when there is none.
    package let query: String
    /// Path parameters by name, percent-decoded.
    package let pathParameters: [String: String]
    /// Headers as sent.
    package let headers: HTTPFields
    /// The parsed body; nil when it was empty.
    package let body: JSONValue?
    /// The body as sent.
    package let bodyBytes: [UInt8]
    /// Address of the client, for limits and the log.
    package let clientAddress: String
    /// Identifier of the request, also in the answer.
    package let requestID: String
    /// Trace context (W3C `traceparent`), if one was sent.
    package var traceparent: String? { headers[.traceparent] }
    /// Where to note who called, for the access log.
    package let annotations: RequestAnnotations
    /// The right to carry the request out, when its client has named it by an `Idempotency-Key`.
    package fileprivate(set) var claim: IdempotencyClaim?

    /// What belongs to the transaction of the request's effect: the mark of its idempotency key, if it has one.
    /// - Parameter resource: What the request creates, by which its answer can be given again after a crash.
    package func alongside(resource: Identifier? = nil) -> [BoundStatement] {
        claim.map { [$0.mark(resource: resource)] } ?? []
    }

    /// The same request with a claim.
    func with(_ claim: IdempotencyClaim?) -> OperationRequest {
        var copy = self
        copy.claim = claim
        return copy
    }

    /// A path parameter that the route's template has.
    package func pathParameter(_ name: String) -> String { pathParameters[name] ?? "" }

    /// A path parameter that has to be a UUID.
    /// - Throws: ``HTTPFailure/entityNotFound`` for anything else: nothing can have such an id (contract 15).
    package func identifier(_ name: String = "id") throws(HTTPFailure) -> Identifier {
        guard let identifier = Identifier(pathParameter(name)) else { throw .entityNotFound }
        return identifier
    }

    /// The body as an object.
    /// - Throws: 422 when there is no body; a body that is not an object was refused before.
    package func object() throws(HTTPFailure) -> JSONObject {
        guard let object = body?.objectValue else {
            throw .validation([
                ValidationDetail(path: "", code: "type", message: "must be object", info: ["type": "object"])
            ])
        }
        return object
    }
}

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
        copy.request.claim = claim
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

    /// The same request with a claim.
    func with(_ claim: IdempotencyClaim?) -> ScopedRequest {
        var copy = self
        copy.request.claim = claim
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
    private let operatorTenantID: String?

    /// - Parameters:
    ///   - verifier: Verifies bearer tokens.
    ///   - operatorTenantID: Tokens with this `tenantId` are operators', as are tokens without any.
    package init(verifier: TokenVerifier, operatorTenantID: String?) {
        self.verifier = verifier
        self.operatorTenantID = operatorTenantID
    }

    /// Verifies the bearer token and its permissions.
    /// - Throws: 401 without a usable token, 403 when it holds none of the permissions.
    package func authenticate(
        _ request: OperationRequest, permissions: [String]
    ) async throws(HTTPFailure) -> AuthenticatedRequest {
        let identity = try await verifier.verify(try Self.bearerToken(request.headers))
        request.annotations.update { values in
            values.userID = identity.id
            values.tenantID = tenant(of: identity)
        }
        guard identity.holdsAny(of: permissions) else { throw .notAllowed }
        return AuthenticatedRequest(request: request, identity: identity)
    }

    /// Confines an authenticated request to what its caller may see: a tenant's users to their tenant.
    /// - Throws: 403 when the token names a tenant in a form that cannot be one; it must not widen to an operator's.
    package func scope(_ authenticated: AuthenticatedRequest) throws(HTTPFailure) -> ScopedRequest {
        let identity = authenticated.identity
        let actor = Actor(id: identity.auditID ?? "")
        guard let text = identity.tenantID, text != operatorTenantID else {
            return ScopedRequest(authenticated, scope: .operatorScope(actor: actor))
        }
        guard let tenant = Identifier(text) else { throw .notAllowed }
        return ScopedRequest(authenticated, scope: .tenant(tenant, actor: actor))
    }

    private func tenant(of identity: Identity) -> Identifier? {
        guard let text = identity.tenantID, text != operatorTenantID else { return nil }
        return Identifier(text)
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
        guard !token.isEmpty, !token.utf8.contains(UInt8(ascii: " ")) else { throw .invalidToken }
        return String(token)
    }
}

extension HTTPField.Name {
    /// W3C Trace Context.
    package static let traceparent = HTTPField.Name("traceparent") ?? .from
    /// Identifier of a request, echoed in its answer.
    package static let requestID = HTTPField.Name("X-Request-Id") ?? .from
}
