import Entities
import HTTPTypes
import JSONCoding

/// Writes one operation of the document.
struct OpenAPIOperationWriter {
    let operation: Operation

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("operationId")
        writer.string(operation.operationID)
        writer.key("summary")
        writer.string(operation.summary)
        writer.key("tags")
        writer.beginArray()
        writer.string(String(operation.operationID.prefix { $0 != "." }))
        writer.endArray()
        writeSecurity(to: &writer)
        writeParameters(to: &writer)
        if let body = operation.requestBody {
            writer.key("requestBody")
            writer.beginObject()
            writer.key("required")
            writer.bool(true)
            writer.key("content")
            writer.beginObject()
            Self.writeMediaType(
                "application/json", body, example: OperationExample.request(body, method: operation.method),
                to: &writer)
            writer.endObject()
            writer.endObject()
        }
        writeResponses(to: &writer)
        writer.endObject()
    }

    private func writeSecurity(to writer: inout JSONWriter) {
        // Any one of them is enough.
        let schemes: [String]
        switch operation.security {
        case .none: schemes = []
        case .bearer(let permissions):
            schemes = ["HTTPBearer"]
            if !permissions.isEmpty {
                writer.key("description")
                writer.string(
                    "| Permissions |\n| ----------- |\n" + permissions.map { "| \($0) |" }.joined(separator: "\n"))
            }
        case .anyIdentity: schemes = ["SessionCookie", "HTTPBearer"]
        case .leadKey: schemes = ["LeadKey"]
        case .signature: schemes = ["WebhookSignature"]
        case .basic: schemes = ["HTTPBasic"]
        case .eventSender: schemes = ["EventKey", "WebhookSignature"]
        }
        writer.key("security")
        writer.beginArray()
        for scheme in schemes {
            writer.beginObject()
            writer.key(scheme)
            writer.beginArray()
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
    }

    private var parameters: [OperationParameter] {
        operation.takesIdempotencyKeys ? operation.parameters + [.idempotencyKey] : operation.parameters
    }

    private func writeParameters(to writer: inout JSONWriter) {
        guard !parameters.isEmpty else { return }
        writer.key("parameters")
        writer.beginArray()
        for parameter in parameters {
            writer.beginObject()
            writer.key("name")
            writer.string(parameter.name)
            writer.key("in")
            writer.string(parameter.location.rawValue)
            writer.key("description")
            writer.string(parameter.description)
            writer.key("required")
            writer.bool(parameter.isRequired)
            if parameter.form == .json {
                writer.key("content")
                writer.beginObject()
                Self.writeMediaType("application/json", parameter.schema, example: nil, to: &writer)
                writer.endObject()
            } else {
                writer.key("schema")
                parameter.schema.write(to: &writer)
            }
            writer.endObject()
        }
        writer.endArray()
    }

    // MARK: Responses

    private func writeResponses(to writer: inout JSONWriter) {
        writer.key("responses")
        writer.beginObject()
        let successes = operation.responses.sorted { $0.status.code < $1.status.code }
        for response in successes { write(response, to: &writer) }
        let written = Set(successes.map(\.status.code))
        for (status, description) in failures.sorted(by: { $0.key < $1.key }) where !written.contains(status) {
            writer.key(String(status))
            if let shared = SharedFailure.named(status, description) {
                writer.value(["$ref": .string("#/components/responses/\(shared.name)")])
                continue
            }
            FailureResponse(
                status: status, description: description,
                failure: FailureExample.failure(status, of: operation, description: description), path: operation.path
            ).write(to: &writer)
        }
        writer.endObject()
    }

    private func write(_ response: OperationResponseDescription, to writer: inout JSONWriter) {
        writer.key(String(response.status.code))
        writer.beginObject()
        writer.key("description")
        writer.string(response.description)
        Self.writeHeaders(operation.headers(of: response), to: &writer)
        if let schema = response.schema {
            writer.key("content")
            writer.beginObject()
            Self.writeMediaType("application/json", schema, example: OperationExample.response(schema), to: &writer)
            writer.endObject()
        } else if let mediaType = response.mediaType {
            writer.key("content")
            writer.beginObject()
            // Not JSON: its bytes have no schema.
            Self.writeMediaType(mediaType, .any, example: OperationExample.text(mediaType), to: &writer)
            writer.endObject()
        }
        writer.endObject()
    }

    /// What can go wrong, from the description: the operation's own failures and those that its parts bring along.
    var failures: [Int: String] {
        var failures: [Int: String] = [:]
        for status in [500, 503] { failures[status] = SharedFailure.description(status) }
        if !operation.method.isSafe { failures[504] = SharedFailure.description(504) }
        switch operation.security {
        case .none: break
        case .bearer, .anyIdentity: failures[401] = SharedFailure.missingToken.description
        case .leadKey, .signature, .basic, .eventSender: failures[401] = SharedFailure.unauthorized.description
        }
        if case .anyIdentity = operation.security {
            failures[403] = "The caller is not accepted, or a change with a session lacks X-CSRF-Token"
        }
        if case .bearer(let permissions) = operation.security {
            failures[403] =
                permissions.isEmpty ? "The token's tenant is not accepted" : SharedFailure.description(403)
        }
        // Every change looks at If-Match.
        if parameters.contains(where: { $0.location != .path }) || operation.method != .get {
            failures[400] = "A parameter or the body is malformed"
        }
        if parameters.contains(where: { $0.location == .query }) { failures[414] = SharedFailure.description(414) }
        if operation.requestBody != nil {
            for status in [413, 415] { failures[status] = SharedFailure.description(status) }
            failures[422] = "The body violates its schema; `details` has the paths and reasons"
        }
        if operation.refusesBody { failures[422] = "A body with members was sent, although the operation takes none" }
        if operation.canBeLimited { failures[429] = SharedFailure.description(429) }
        for (status, description) in operation.failures { failures[status.code] = description }
        if operation.takesIdempotencyKeys {
            let busy = "a request with this Idempotency-Key is in progress"
            failures[409] = failures[409].map { "\($0); or \(busy)" } ?? busy.capitalizedFirst
            let reused = "the Idempotency-Key was used for another request"
            failures[422] = failures[422].map { "\($0); or \(reused)" } ?? reused.capitalizedFirst
        }
        return failures
    }

    // MARK: Parts

    /// Writes the headers of an answer, the one that every answer has included.
    static func writeHeaders(_ headers: [OperationResponseHeader], to writer: inout JSONWriter) {
        writer.key("headers")
        writer.beginObject()
        for header in headers + [SharedHeader.requestID] {
            writer.key(header.name)
            if SharedHeader.contains(header) {
                writer.value(["$ref": .string("#/components/headers/\(header.name)")])
            } else {
                header.write(to: &writer)
            }
        }
        writer.endObject()
    }

    private static func writeMediaType(
        _ mediaType: String, _ schema: Schema, example: JSONValue?, to writer: inout JSONWriter
    ) {
        writeMediaType(mediaType, schema, to: &writer, example: example.map { value in { $0.value(value) } })
    }

    static func writeMediaType(
        _ mediaType: String, _ schema: Schema, to writer: inout JSONWriter, example: ((inout JSONWriter) -> Void)?
    ) {
        writer.key(mediaType)
        writer.beginObject()
        writer.key("schema")
        schema.write(to: &writer)
        if let example {
            writer.key("example")
            example(&writer)
        }
        writer.endObject()
    }
}

extension String {
    /// With a capital at its start.
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
