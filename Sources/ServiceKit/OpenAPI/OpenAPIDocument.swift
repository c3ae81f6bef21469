package import Entities
import HTTPTypes
import JSONCoding

/// The OpenAPI 3.1 document of a service, written from its operations.
package struct OpenAPIDocument: Sendable {
    /// Shown as the document's title.
    package let title: String
    /// Paragraph under the title.
    package let summary: String
    /// Version of the API.
    package let version: String
    /// What it describes.
    package let operations: [Operation]
    /// Schemas that others refer to by name only, such as those of related entities. Made when the document is written: a service
    /// that starts has not been asked for it.
    private let namedSchemas: @Sendable () -> [(name: String, schema: Schema)]

    /// Makes one from its parts.
    package init(
        title: String, summary: String, version: String = "1.0.0", operations: [Operation],
        namedSchemas: @escaping @Sendable () -> [(name: String, schema: Schema)] = { [] }
    ) {
        self.title = title
        self.summary = summary
        self.version = version
        self.operations = operations
        self.namedSchemas = namedSchemas
    }

    /// The document as JSON text. Paths and schemas are sorted, so that equal descriptions give equal text.
    package func json() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 64 * 1024)
        writer.beginObject()
        writer.key("openapi")
        writer.string("3.1.0")
        writer.key("info")
        writer.beginObject()
        writer.key("title")
        writer.string(title)
        writer.key("description")
        writer.string(summary)
        writer.key("version")
        writer.string(version)
        writer.key("license")
        writer.beginObject()
        writer.key("name")
        writer.string("MIT")
        writer.key("identifier")
        writer.string("MIT")
        writer.endObject()
        writer.endObject()
        writer.key("servers")
        writer.beginArray()
        writer.beginObject()
        writer.key("url")
        writer.string("/")
        writer.endObject()
        writer.endArray()
        writePaths(to: &writer)
        writeComponents(to: &writer)
        writer.endObject()
        return writer.bytes
    }

    private func writePaths(to writer: inout JSONWriter) {
        writer.key("paths")
        writer.beginObject()
        for (path, operations) in Dictionary(grouping: operations, by: \.path).sorted(by: { $0.key < $1.key }) {
            writer.key(path)
            writer.beginObject()
            for operation in operations.sorted(by: { $0.method.rawValue < $1.method.rawValue }) {
                writer.key(operation.method.rawValue.lowercased())
                OpenAPIOperationWriter(operation: operation).write(to: &writer)
            }
            writer.endObject()
        }
        writer.endObject()
    }

    /// The schemas that the operations lead to, and no others: generators of clients warn about components that nothing
    /// refers to.
    private var components: [String: Schema] {
        var schemas: [String: Schema] = [:]
        for operation in operations {
            operation.requestBody?.collectNamed(into: &schemas)
            for parameter in operation.parameters { parameter.schema.collectNamed(into: &schemas) }
            for response in operation.responses { response.schema?.collectNamed(into: &schemas) }
        }
        FailureSchema.envelope.collectNamed(into: &schemas)
        FailureSchema.problem.collectNamed(into: &schemas)
        var named: [String: Schema] = [:]
        for (_, schema) in namedSchemas() { schema.collectNamed(into: &named) }
        var visited: Set<String> = []
        while let name = schemas.keys.first(where: { !visited.contains($0) }) {
            visited.insert(name)
            for reference in schemas[name]?.references ?? [] where schemas[reference] == nil {
                named[reference]?.collectNamed(into: &schemas)
            }
        }
        return schemas
    }

    private func writeComponents(to writer: inout JSONWriter) {
        writer.key("components")
        writer.beginObject()
        writer.key("schemas")
        writer.beginObject()
        for (name, schema) in components.sorted(by: { $0.key < $1.key }) {
            writer.key(name)
            schema.writeDefinition(to: &writer)
        }
        writer.endObject()
        SharedFailure.writeComponents(to: &writer)
        SharedHeader.writeComponents(to: &writer)
        writer.key("securitySchemes")
        writer.beginObject()
        Self.writeScheme("HTTPBearer", type: "http", scheme: "bearer", format: "JWT", to: &writer)
        Self.writeScheme("LeadKey", type: "http", scheme: "bearer", format: "opaque", to: &writer)
        Self.writeScheme("HTTPBasic", type: "http", scheme: "basic", format: nil, to: &writer)
        writer.key("WebhookSignature")
        writer.value([
            "type": "apiKey", "in": "header", "name": "x-signature",
            "description": "HMAC-SHA256 in lower-case hexadecimal; goes with x-timestamp, milliseconds since 1970",
        ])
        if operations.contains(where: \.security.takesTokens) {
            writer.key("ApiKey")
            writer.value([
                "type": "apiKey", "in": "header", "name": "X-API-Key",
                "description":
                    "An API key (arc_…). Every operation that takes a token takes it, here or in place of the token",
            ])
        }
        if operations.contains(where: { $0.security == .anyIdentity }) {
            writer.key("SessionCookie")
            writer.value([
                "type": "apiKey", "in": "cookie", "name": .string(SessionCookies(isSecure: true).session),
                "description":
                    "The cookie of an operator's session. Every operation that takes a token takes it; changes need X-CSRF-Token, too",
            ])
        }
        if operations.contains(where: { $0.security == .eventSender }) {
            writer.key("EventKey")
            writer.value([
                "type": "apiKey", "in": "header", "name": "x-api-key",
                "description": "The header that API destinations of EventBridge send",
            ])
        }
        writer.endObject()
        writer.endObject()
    }

    private static func writeScheme(
        _ name: String, type: String, scheme: String, format: String?, to writer: inout JSONWriter
    ) {
        writer.key(name)
        writer.beginObject()
        writer.key("type")
        writer.string(type)
        writer.key("scheme")
        writer.string(scheme)
        if let format {
            writer.key("bearerFormat")
            writer.string(format)
        }
        writer.endObject()
    }
}
