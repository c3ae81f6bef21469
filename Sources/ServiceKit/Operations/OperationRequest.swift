package import Entities
package import HTTPTypes
package import JSONCoding
import Logging
package import Primitives
import TraceRecording

/// A request whose parameters and body were found to be valid.
package struct OperationRequest: Sendable {
    /// HTTP method.
    package let method: HTTPRequest.Method
    /// Path without the query.
    package let path: String
    /// Query as sent, percent-encoded, without the question mark; may be empty.
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
    package let clientAddress: ClientAddress
    /// Identifier of the request, also in the answer.
    package let requestID: String
    /// Where the request is in its trace: with tracing the current span, otherwise what the caller's `traceparent` names.
    package var trace: TraceContext? { CurrentSpan.traceContext ?? annotations.current.trace }
    /// When the request was read: the instant of everything that it causes.
    package let instant: Timestamp
    /// Where to note who called, for the access log.
    package let annotations: RequestAnnotations
    /// The right to carry the request out, when its client has named it by an `Idempotency-Key`.
    package fileprivate(set) var claim: IdempotencyClaim?

    /// What says who calls.
    var credentials: RequestCredentials {
        RequestCredentials(headers: headers, method: method, clientAddress: clientAddress)
    }

    /// The circumstances of what the request writes. The mark of its idempotency key, if it has one, commits with it.
    /// - Parameter scope: On whose behalf. Requests with a token have a ``ScopedRequest/writeContext`` that knows it.
    /// - Parameter identity: Who calls, for the audit log; nil for a request without a credential.
    package func writeContext(in scope: TenantScope, by identity: Identity? = nil) -> WriteContext {
        WriteContext(
            scope: scope, now: instant,
            origin: identity?.origin(of: requestID) ?? WriteOrigin(.external, requestID: requestID), trace: trace,
            marks: claim.map { claim in [CommitMark { claim.mark(resource: $0) }] } ?? [])
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
    /// - Throws: ``HTTPFailure/entityNotFound`` for anything else: nothing can have such an id
    ///   (docs/contract/arc-api.md 15).
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

extension HTTPField.Name {
    /// W3C Trace Context.
    package static let traceparent = HTTPField.Name(literal: "traceparent")
    /// W3C Trace Context.
    package static let tracestate = HTTPField.Name(literal: "tracestate")
    /// Identifier of a request, echoed in its answer.
    package static let requestID = HTTPField.Name(literal: "X-Request-Id")
}
