import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operation of callbacks.
struct WebhookController: Sendable {
    let verifier: WebhookVerifier
    let service: ProvisioningCallbackService
    let limiter: RateLimiter
    let configuration: WebhookConfiguration
    /// The service itself: pipelines are nobody's users.
    let system: TenantScope

    var operations: [Operation] { [callback()] }

    private static let schema = Schema.object(
        [
            .init("initiatorId", .string().described("Id of the tenant"), required: true),
            .init("type", .number().described("0: resources were provisioned").example(0), required: true),
            .init("data", dataSchema, required: true),
        ], name: "WebhookDTO")

    /// For the documents; ``ProvisioningCallback`` reads it.
    private static let dataSchema = Schema.object(
        [
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
            requestBody: Self.schema,
            responses: [.init(.noContent, "Accepted; a repeated request has no further effect")],
            failures: [.tooManyRequests: "Too many callbacks for this tenant or from this address; see Retry-After"],
            rateLimit: configuration.webhookAddressLimit,
            handler: .anonymous { call in
                guard let body = call.body?.objectValue, let tenant = body["initiatorId"]?.stringValue else {
                    throw HTTPFailure.unauthorized
                }
                // Counted for each tenant: one pipeline may report on many of them from one address.
                try await limiter.require(
                    configuration.webhookLimit, operation: "POST /webhook \(tenant.prefix(64))",
                    client: call.clientAddress.network)
                let delivery = try await verifier.verify(SignedMessage(call), tenant: tenant)
                guard body["type"]?.intValue == 0 else {
                    throw HTTPFailure.unprocessable("Invalid type of webhook")
                }
                let callback = try ProvisioningCallback(body["data"]?.objectValue ?? [:])
                try await service.apply(
                    callback, delivery: delivery, requestBody: call.bodyBytes,
                    in: call.writeContext(in: system))
                return .noContent
            })
    }
}
