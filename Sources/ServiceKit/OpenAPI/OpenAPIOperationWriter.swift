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
            writeContent("application/json", body, to: &writer)
            writer.endObject()
        }
        writeResponses(to: &writer)
        writer.endObject()
    }

    private func writeSecurity(to writer: inout JSONWriter) {
        let scheme: String?
        switch operation.security {
        case .none: scheme = nil
        case .bearer(let permissions):
            scheme = "HTTPBearer"
            if !permissions.isEmpty {
                writer.key("description")
                writer.string(
                    "| Permissions |\n| ----------- |\n" + permissions.map { "| \($0) |" }.joined(separator: "\n"))
            }
        case .leadKey: scheme = "LeadKey"
        case .signature: scheme = "WebhookSignature"
        case .basic: scheme = "HTTPBasic"
        }
        writer.key("security")
        writer.beginArray()
        if let scheme {
            writer.beginObject()
            writer.key(scheme)
            writer.beginArray()
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
    }

    private func writeParameters(to writer: inout JSONWriter) {
        guard !operation.parameters.isEmpty else { return }
        writer.key("parameters")
        writer.beginArray()
        for parameter in operation.parameters {
            writer.beginObject()
            writer.key("name")
            writer.string(parameter.name)
            writer.key("in")
            writer.string(parameter.location.rawValue)
            writer.key("description")
            writer.string(parameter.description)
            writer.key("required")
            writer.bool(parameter.isRequired)
            if parameter.isJSON {
                writeContent("application/json", parameter.schema, to: &writer)
            } else {
                writer.key("schema")
                parameter.schema.write(to: &writer)
            }
            writer.endObject()
        }
        writer.endArray()
    }

    private func writeResponses(to writer: inout JSONWriter) {
        writer.key("responses")
        writer.beginObject()
        var written: Set<Int> = []
        for response in operation.responses {
            written.insert(response.status.code)
            writer.key(String(response.status.code))
            writer.beginObject()
            writer.key("description")
            writer.string(response.description)
            if let schema = response.schema {
                writeContent("application/json", schema, to: &writer)
            } else if let mediaType = response.mediaType {
                writeContent(mediaType, .string(), to: &writer)
            }
            writer.endObject()
        }
        for (status, description) in failures.sorted(by: { $0.key < $1.key }) where !written.contains(status) {
            writer.key(String(status))
            writer.beginObject()
            writer.key("description")
            writer.string(description)
            writer.key("content")
            writer.beginObject()
            Self.writeMediaType("application/json", FailureSchema.envelope, to: &writer)
            Self.writeMediaType("application/problem+json", FailureSchema.problem, to: &writer)
            writer.endObject()
            writer.endObject()
        }
        writer.endObject()
    }

    /// What can go wrong, from the description: the operation's own failures and those that its parts bring along.
    private var failures: [Int: String] {
        var failures: [Int: String] = [500: "An error of the service", 503: "Temporarily unavailable; try again"]
        if operation.security != .none { failures[401] = "The token, key or signature is missing or not accepted" }
        if case .bearer(let permissions) = operation.security {
            failures[403] =
                permissions.isEmpty ? "The token's tenant is not accepted" : "None of the permissions is held"
        }
        if operation.parameters.contains(where: { $0.location != .path }) || operation.requestBody != nil {
            failures[400] = "A parameter or the body could not be understood"
        }
        if operation.requestBody != nil {
            failures[413] = "The body is too large"
            failures[415] = "The body is not JSON"
            failures[422] = "The body violates its schema; `details` says where and why"
        }
        if operation.rateLimit != nil { failures[429] = "Too many calls; see Retry-After" }
        for (status, description) in operation.failures { failures[status.code] = description }
        return failures
    }

    private func writeContent(_ mediaType: String, _ schema: Schema, to writer: inout JSONWriter) {
        writer.key("content")
        writer.beginObject()
        Self.writeMediaType(mediaType, schema, to: &writer)
        writer.endObject()
    }

    private static func writeMediaType(_ mediaType: String, _ schema: Schema, to writer: inout JSONWriter) {
        writer.key(mediaType)
        writer.beginObject()
        writer.key("schema")
        schema.write(to: &writer)
        writer.endObject()
    }
}
