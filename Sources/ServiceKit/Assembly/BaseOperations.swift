import Entities
import HTTPTypes
import JSONCoding
package import NIOCore
package import Primitives

/// The operations that every service has: home page, ping, health, document and explorer.
package struct BaseOperations: Sendable {
    /// Display name of the service, such as `Tenant Management Service`.
    package let serviceName: String
    /// What `/ping` greets with (docs/contract/arc-api.md 2.7 and 7).
    package let greeting: String
    /// Folder with Swagger UI's `dist` files; nil when it is not installed.
    package let explorerAssets: ExplorerAssets?
    /// What readiness depends on.
    package let checks: [HealthCheck]
    /// For `/ping`'s date.
    package let clock: any WallClock

    /// Makes one from its parts.
    package init(
        serviceName: String, greeting: String, explorerAssets: ExplorerAssets?, checks: [HealthCheck],
        clock: any WallClock
    ) {
        self.serviceName = serviceName
        self.greeting = greeting
        self.explorerAssets = explorerAssets
        self.checks = checks
        self.clock = clock
    }

    /// The operations.
    /// - Parameters:
    ///   - document: The service's OpenAPI document, which includes them.
    ///   - isDraining: Whether the service is about to end, and not ready any more.
    package func operations(
        document: @escaping @Sendable () -> ByteBuffer, isDraining: @escaping @Sendable () -> Bool
    ) -> [Operation] {
        ([home(), ping(), live(), ready(isDraining), openAPI(document), openAPIAsYAML(document)] + explorer())
            .map { $0.withoutLimits() }
    }

    private func home() -> Operation {
        let page = ByteBuffer(string: HomePage.html(serviceName: serviceName))
        return Operation(
            .get, "/", id: "HomePageController.homePage", summary: "Home page", security: .none,
            responses: [.init(.ok, "An HTML page with links", mediaType: "text/html")],
            handler: .anonymous { _ in .html(page) })
    }

    /// The original also returns all request headers, including `Authorization`. Here `headers` is always empty.
    private func ping() -> Operation {
        let schema = Schema.object(
            [
                .init("greeting", .string(), required: true), .init("date", .string(format: .dateTime), required: true),
                .init("url", .string(), required: true), .init("headers", .freeObject, required: true),
            ], name: "PingResponse")
        return Operation(
            .get, "/ping", id: "PingController.ping", summary: "Ping", security: .none,
            responses: [.init(.ok, "A greeting", schema: schema)],
            handler: .anonymous { [greeting, clock] call in
                .json { writer in
                    writer.beginObject()
                    writer.key("greeting")
                    writer.string(greeting)
                    writer.key("date")
                    writer.timestamp(clock.now())
                    writer.key("url")
                    writer.string(call.query.isEmpty ? "/ping" : "/ping?\(call.query)")
                    writer.key("headers")
                    writer.beginObject()
                    writer.endObject()
                    writer.endObject()
                }
            })
    }

    private func live() -> Operation {
        let body = ByteBuffer(string: #"{"status":"ok"}"#)
        return Operation(
            .get, "/health/live", id: "HealthController.live", summary: "Whether the process is alive", security: .none,
            responses: [.init(.ok, "The process is alive", schema: Self.healthSchema)],
            handler: .anonymous { _ in .json(body) })
    }

    private func ready(_ isDraining: @escaping @Sendable () -> Bool) -> Operation {
        let reports = HealthReports(checks)
        let draining = ByteBuffer(string: #"{"status":"unavailable","checks":{"service":"draining"}}"#)
        return Operation(
            .get, "/health/ready", id: "HealthController.ready",
            summary: "Whether the service is ready, with the state of its dependencies", security: .none,
            responses: [
                .init(.ok, "Ready", schema: Self.healthSchema),
                .init(.serviceUnavailable, "Not ready", schema: Self.healthSchema),
            ],
            handler: .anonymous { _ in
                if isDraining() {
                    return OperationResponse(
                        status: .serviceUnavailable, headers: [.retryAfter: "1"], body: draining)
                }
                let report = await reports.run().value
                var response = OperationResponse.json(status: report.isReady ? .ok : .serviceUnavailable) {
                    report.write(to: &$0)
                }
                if !report.isReady { response.headers[.retryAfter] = "1" }
                return response
            })
    }

    private func openAPI(_ document: @escaping @Sendable () -> ByteBuffer) -> Operation {
        Operation(
            .get, "/openapi.json", id: "OpenAPIController.document", summary: "This API as an OpenAPI 3.1 document",
            security: .none, responses: [.init(.ok, "The document", schema: .freeObject)],
            handler: .anonymous { _ in .json(document()) })
    }

    /// Every JSON text is a YAML text (YAML 1.2 section 1.3).
    private func openAPIAsYAML(_ document: @escaping @Sendable () -> ByteBuffer) -> Operation {
        Operation(
            .get, "/openapi.yaml", id: "OpenAPIController.yaml", summary: "The same document as YAML",
            security: .none, responses: [.init(.ok, "The document", mediaType: "application/yaml")],
            handler: .anonymous { _ in
                OperationResponse(status: .ok, body: document(), mediaType: "application/yaml")
            })
    }

    private func explorer() -> [Operation] {
        let page = ByteBuffer(string: ExplorerPage.html(serviceName: serviceName, hasAssets: explorerAssets != nil))
        let index = Operation(
            .get, "/explorer", id: "ExplorerController.index", summary: "Try the API in a browser", security: .none,
            responses: [.init(.ok, "Swagger UI", mediaType: "text/html")],
            handler: .anonymous { _ in .html(page, allowsScripts: true) })
        let asset = Operation(
            .get, "/explorer/{asset}", id: "ExplorerController.asset", summary: "A file of Swagger UI",
            security: .none,
            parameters: [.init("asset", in: .path, schema: .string(), description: "Name of the file")],
            responses: [.init(.ok, "The file", mediaType: "application/octet-stream")],
            failures: [.notFound: "There is no such file"],
            handler: .anonymous { [explorerAssets] call in
                guard let file = explorerAssets?.file(call.pathParameter("asset")) else {
                    throw HTTPFailure.unknownPath
                }
                return OperationResponse(
                    status: .ok, headers: [.cacheControl: "public, max-age=86400"], body: file.content,
                    mediaType: file.mediaType)
            })
        return [index, asset]
    }

    private static let healthSchema = Schema.object(
        [
            .init("status", .string(oneOf: ["ok", "degraded", "unavailable"]), required: true),
            .init("checks", .freeObject),
        ], name: "Health")
}

extension OperationResponse {
    /// An HTML page; scripts are allowed only if it needs them.
    static func html(_ page: ByteBuffer, allowsScripts: Bool = false) -> OperationResponse {
        let scripts = allowsScripts ? "script-src 'self'; connect-src 'self'; " : ""
        return OperationResponse(
            status: .ok,
            headers: [
                .contentSecurityPolicy:
                    "default-src 'none'; \(scripts)style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
            ],
            body: page, mediaType: "text/html; charset=utf-8")
    }
}
