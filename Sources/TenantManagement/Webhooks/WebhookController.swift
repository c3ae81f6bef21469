import Entities
import HTTPTypes
import JSONCoding
import Logging
import Primitives
import ServiceKit

/// The HTTP operation of callbacks.
struct WebhookController: Sendable {
    let verifier: WebhookVerifier
    let handlers: [any CallbackHandler]
    let configuration: WebhookConfiguration
    /// The service itself: pipelines are nobody's users.
    let system: TenantScope
    let logger: Logger

    var operations: [Operation] { [callback()] }

    private var schema: Schema {
        .object(
            [
                .init("initiatorId", .string().described("Id of the tenant"), required: true),
                .init("type", .number().described("One of \(knownTypes)").example(0), required: true),
                .init("data", Self.dataSchema, required: true),
            ], name: "WebhookDTO")
    }

    private var knownTypes: String {
        handlers.map { "\($0.type.number) (\($0.type.name))" }.joined(separator: ", ")
    }

    /// For the documents; the handlers read it.
    private static let dataSchema = Schema.object(
        [
            .init(
                "context",
                .any.described(
                    "Id of the request that the callback reports on; default: the one whose secret has signed it")),
            .init("status", .any.described("1: success; 0, or nothing: failure").example(1)),
            .init(
                "resources",
                .any.described(
                    "The created resources: objects with type (default: bucket), externalIdentifier and metadata"
                )
                .example([["type": "bucket", "metadata": ["bucket": "acme", "path": "acme"]]])),
            .init(
                "appPlaneUrl",
                .any.described("URL of the tenant's application, for the welcome mail")
                    .example("https://acme.example.com")),
        ], isClosed: false)

    private func callback() -> Operation {
        Operation(
            .post, "/webhook", id: "WebhookController.webhook",
            summary: "Receive a signed callback of a provisioning pipeline; repeated deliveries have no effect",
            security: .signature,
            parameters: [
                .init("x-signature", in: .header, schema: .string(), description: "HMAC-SHA256, hexadecimal"),
                .init("x-timestamp", in: .header, schema: .any, description: "Milliseconds since 1970"),
            ],
            requestBody: schema,
            responses: [.init(.noContent, "Accepted; a repeated request has no further effect")],
            failures: [.tooManyRequests: "Too many callbacks for this tenant or from this address; see Retry-After"],
            rateLimit: configuration.webhookAddressLimit,
            // Counted for each tenant: one pipeline may report on many of them from one address.
            accountLimit: OperationAccountLimit(configuration.webhookLimit, "POST /webhook") { call in
                call.body?["initiatorId"]?.stringValue.map { "\(call.clientAddress.network) \($0)" }
            },
            handler: .anonymous { call in
                guard let body = call.body?.objectValue, let tenant = body["initiatorId"]?.stringValue else {
                    throw HTTPFailure.unauthorized
                }
                let data = body["data"]?.objectValue ?? [:]
                let named = data["context"]?.stringValue.flatMap { Identifier($0) }
                let delivery = try await verifier.verify(SignedMessage(call), tenant: tenant, named: named)
                let handler = try handler(of: body["type"])
                guard handler.kind == nil || handler.kind == delivery.kind else { throw CallbackError.refused }
                let callback = VerifiedCallback(
                    delivery: delivery, data: data, digest: CallbackDigest(body: call.bodyBytes),
                    progress: progress(in: data, of: delivery))
                try await handler.apply(callback, in: call.writeContext(in: system))
                return .noContent
            })
    }

    /// The progress that a report of the outcome contains, so that it needs no separate report. Other orchestrators may mean
    /// something else by the member, which is ignored.
    private func progress(in data: JSONObject, of delivery: WebhookVerifier.Delivery) -> ProvisioningProgress? {
        guard let included = data["progress"]?.objectValue, included["version"] != nil else { return nil }
        if let progress = try? ProvisioningProgress(included), progress.context == delivery.context { return progress }
        logger.info("The progress in a callback is ignored", metadata: ["tenantId": "\(delivery.tenant)"])
        return nil
    }

    private func handler(of type: JSONValue?) throws(HTTPFailure) -> any CallbackHandler {
        guard let handler = handlers.first(where: { $0.type.number == type?.intValue }) else {
            throw .unprocessable("Invalid type of webhook: /type must be one of \(knownTypes)")
        }
        return handler
    }
}
