package import Entities
package import HTTPTypes

/// One operation of the HTTP API: what the documents say of it and what it does, in one value.
///
/// From the list of a service's operations come its routes, the answer to wrong methods, and its OpenAPI document, so
/// that none of them can disagree.
package struct Operation: Sendable {
    /// HTTP method.
    package var method: HTTPRequest.Method
    /// Path template as in OpenAPI, such as `/tenants/{id}`.
    package var path: String
    /// Name for generated clients, in the original's `Controller.method` style.
    package var operationID: String
    /// One line for the document.
    package var summary: String
    /// Who may call it.
    package var security: OperationSecurity
    /// Path, query and header parameters.
    package var parameters: [OperationParameter]
    /// Schema of the JSON body; nil when the operation takes none.
    package var requestBody: Schema?
    /// The answers of success; failures follow from the rest of the description.
    package var responses: [OperationResponseDescription]
    /// Failures that only this operation has, beyond those that follow from its security, parameters and body.
    package var failures: [HTTPResponse.Status: String]
    /// Whether a tenant's own users are refused whatever permissions they hold: see ``forOperators()``.
    package internal(set) var isForOperators = false
    /// Calls of this operation that are allowed for each client address; nil for no limit.
    package var rateLimit: RateLimit?
    /// The limit of calls about one account, whoever makes them; nil for none.
    package var accountLimit: OperationAccountLimit?
    /// Whether its calls are counted at all: see ``withoutLimits()``.
    package internal(set) var hasLimits = true
    /// Whether bodies are accepted that are not described: see ``takingAnyBody()``.
    package internal(set) var takesAnyBody = false
    /// Whether replicas of the database may answer it.
    package internal(set) var mayReadReplicas = false
    /// Whether its answers say what the next reads of its client must show.
    package internal(set) var answersWritePosition = false
    /// Whether no replica may answer it: see ``readingPrimary()``.
    package internal(set) var readsPrimary = false
    /// What an `Idempotency-Key` does.
    package var idempotency: OperationIdempotency
    /// Does it.
    package var handler: OperationHandler

    /// Makes one from its parts.
    package init(
        _ method: HTTPRequest.Method, _ path: String, id operationID: String, summary: String,
        security: OperationSecurity, parameters: [OperationParameter] = [], requestBody: Schema? = nil,
        responses: [OperationResponseDescription], failures: [HTTPResponse.Status: String] = [:],
        rateLimit: RateLimit? = nil, accountLimit: OperationAccountLimit? = nil,
        idempotency: OperationIdempotency = .none, handler: OperationHandler
    ) {
        self.method = method
        self.path = path
        self.operationID = operationID
        self.summary = summary
        self.security = security
        self.parameters = parameters
        self.requestBody = requestBody
        self.responses = responses
        self.failures = failures
        self.rateLimit = rateLimit
        self.accountLimit = accountLimit
        self.idempotency = idempotency
        self.handler = handler
    }
}

extension Operation {
    /// An operation that the policy of its feature describes.
    /// - Parameter access: Who may call it; the other parameters are those of the other initializer.
    package init(
        _ method: HTTPRequest.Method, _ path: String, id operationID: String, summary: String, access: Access,
        parameters: [OperationParameter] = [], requestBody: Schema? = nil, responses: [OperationResponseDescription],
        failures: [HTTPResponse.Status: String] = [:], rateLimit: RateLimit? = nil,
        idempotency: OperationIdempotency = .none, handler: OperationHandler
    ) {
        self.init(
            method, path, id: operationID, summary: summary,
            security: access.isAboutCaller ? .anyIdentity : .bearer(permissions: access.permissions),
            parameters: parameters, requestBody: requestBody, responses: responses, failures: failures,
            rateLimit: rateLimit, idempotency: idempotency, handler: handler)
        isForOperators = access.tenantUsers == .refused
    }

    /// Whether the identity may call it, apart from its permissions.
    func admits(_ identity: Identity) -> Bool { !isForOperators || identity.kind.confinement == nil }
}

/// Who may call an operation.
package enum OperationSecurity: Sendable, Hashable {
    /// Everybody.
    case none
    /// A bearer token that holds one of the permissions; an empty list accepts every valid token.
    case bearer(permissions: [String])
    /// Every known caller, whatever permissions it has: what it asks for is about itself.
    case anyIdentity
    /// The one-time key of a lead as bearer token; the operation itself verifies it.
    case leadKey
    /// A signed callback; the operation itself verifies it.
    case signature
    /// User name and password; the operation itself verifies them.
    case basic
    /// The key of a sender of events, or a signature; the operation itself verifies it.
    case eventSender
}

extension OperationSecurity {
    /// Whether the caller shows a token, or another credential in its place.
    var takesTokens: Bool {
        switch self {
        case .bearer, .anyIdentity: true
        case .none, .leadKey, .signature, .basic, .eventSender: false
        }
    }

    /// How to authenticate (`WWW-Authenticate`, RFC 9110 section 11.6.1); nil where everybody may call.
    ///
    /// Signatures and keys of senders have no registered scheme; the parameters name the header fields that are needed.
    var challenge: String? {
        switch self {
        case .none: nil
        case .bearer, .anyIdentity, .leadKey: "Bearer realm=\"Users\""
        case .signature: Self.signatureChallenge
        case .basic: "Basic realm=\"Webhooks\", charset=\"UTF-8\""
        case .eventSender: "ApiKey realm=\"Events\", header=\"x-api-key\", \(Self.signatureChallenge)"
        }
    }

    private static var signatureChallenge: String {
        "Signature realm=\"Webhooks\", algorithm=\"hmac-sha256\", headers=\"x-signature x-timestamp\""
    }
}

/// The code of an operation, with what it needs to know about the caller in its type.
package enum OperationHandler: Sendable {
    /// For operations that everybody may call, or that verify the caller themselves.
    case anonymous(@Sendable (OperationRequest) async throws -> OperationResponse)
    /// For operations of a known caller that touch no tenant's rows by scope.
    case authenticated(@Sendable (AuthenticatedRequest) async throws -> OperationResponse)
    /// For operations confined to the rows that the caller may see.
    case scoped(@Sendable (ScopedRequest) async throws -> OperationResponse)
}

/// An answer of success.
package struct OperationResponseDescription: Sendable {
    /// HTTP status.
    package var status: HTTPResponse.Status
    /// One line for the document.
    package var description: String
    /// Schema of the JSON body; nil for an empty one or another media type.
    package var schema: Schema?
    /// Media type of a body that is not JSON.
    package var mediaType: String?
    /// Headers of this answer.
    package var headers: [OperationResponseHeader]

    /// Makes one from its parts.
    package init(
        _ status: HTTPResponse.Status, _ description: String, schema: Schema? = nil, mediaType: String? = nil,
        headers: [OperationResponseHeader] = []
    ) {
        self.status = status
        self.description = description
        self.schema = schema
        self.mediaType = mediaType
        self.headers = headers
    }
}
