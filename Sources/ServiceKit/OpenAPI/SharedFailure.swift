import HTTPTypes
import JSONCoding

/// Errors that are the same for all operations: written once, under `components/responses`, and referred to.
struct SharedFailure {
    let name: String
    let status: Int
    let description: String
    let failure: HTTPFailure

    /// Of bearer tokens.
    static let missingToken = SharedFailure(
        name: "MissingToken", status: 401, description: "The token is missing or invalid", failure: .missingToken)
    /// Of everything else by which callers are known.
    static let unauthorized = SharedFailure(
        name: "Unauthorized", status: 401, description: "The key, password or signature is missing or invalid",
        failure: .unauthorized)

    static let all = [
        missingToken, unauthorized,
        SharedFailure(
            name: "NotAllowed", status: 403, description: "The token has none of the permissions", failure: .notAllowed),
        SharedFailure(
            name: "PayloadTooLarge", status: 413, description: "The body is too large", failure: .payloadTooLarge),
        SharedFailure(
            name: "UriTooLong", status: 414, description: "The path and query are too long", failure: .targetTooLong),
        SharedFailure(
            name: "UnsupportedMediaType", status: 415, description: "The body is not JSON",
            failure: .unsupportedMediaType("text/plain")),
        SharedFailure(
            name: "TooManyRequests", status: 429, description: "Too many requests; see Retry-After",
            failure: .tooManyRequests(headers: [.retryAfter: "30"])),
        SharedFailure(
            name: "InternalError", status: 500, description: "An error of the service", failure: .internalError),
        SharedFailure(
            name: "Unavailable", status: 503, description: "Temporarily unavailable; try again",
            failure: .unavailable()),
        SharedFailure(
            name: "OutcomeUnknown", status: 504,
            description: "The change may or may not have been made; check before you repeat the request",
            failure: .outcomeUnknown),
    ]

    /// The one with this status and description, if the error is the same as everywhere.
    static func named(_ status: Int, _ description: String) -> SharedFailure? {
        all.first { $0.status == status && $0.description == description }
    }

    static func description(_ status: Int) -> String { all.first { $0.status == status }?.description ?? "" }

    /// Writes `components/responses`.
    static func writeComponents(to writer: inout JSONWriter) {
        writer.key("responses")
        writer.beginObject()
        for shared in all.sorted(by: { $0.name < $1.name }) {
            writer.key(shared.name)
            FailureResponse(
                status: shared.status, description: shared.description, failure: shared.failure, path: "/tenants"
            ).write(to: &writer)
        }
        writer.endObject()
    }
}

/// An error among the answers of an operation.
struct FailureResponse {
    let status: Int
    let description: String
    let failure: HTTPFailure
    /// Where it happens, for the example.
    let path: String

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("description")
        writer.string(description)
        OpenAPIOperationWriter.writeHeaders(SharedHeader.failure(status), to: &writer)
        writer.key("content")
        writer.beginObject()
        OpenAPIOperationWriter.writeMediaType("application/json", FailureSchema.envelope, to: &writer) { writer in
            FailureRendering.writeEnvelope(failure, to: &writer)
        }
        OpenAPIOperationWriter.writeMediaType(
            FailureRendering.problemMediaType, FailureSchema.problem, to: &writer
        ) { writer in
            FailureRendering.writeProblem(
                failure, requestID: "019b8d2c-7f00-7a51-9c3e-5d2f1a6b4c80", path: path, to: &writer)
        }
        writer.endObject()
        writer.endObject()
    }
}
