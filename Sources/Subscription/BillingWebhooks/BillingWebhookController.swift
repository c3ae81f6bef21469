import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

/// The HTTP operation of what billing providers report.
struct BillingWebhookController: Sendable {
    let service: BillingWebhookService
    /// The service itself: providers are not users.
    let system: TenantScope
    /// Nil if none are configured; then every request is rejected.
    let credentials: BasicCredentials?

    var operations: [Operation] { [report()] }

    /// Open objects: providers send much more than is needed here.
    private static let schema: Schema = {
        let text = Schema.string(minLength: 1, maxLength: 255)
        let invoice = Schema.object(
            [
                .init("id", text.example("in_5d2f").described("The provider's id of the invoice"), required: true),
                .init(
                    "status",
                    .string(oneOf: Invoice.Status.known.map(\.rawValue)).example(.string(Invoice.Status.paid.rawValue)),
                    required: true),
            ], isClosed: false)
        return .object(
            [
                .init(
                    "id",
                    text.example("ev_19ab").described("Identifies the event; a repeated delivery has no further effect")
                ),
                .init("event_type", text.example("payment_succeeded")),
                .init("webhook_status", text.example("scheduled")),
                .init("content", .object([.init("invoice", invoice, required: true)], isClosed: false), required: true),
            ], name: "BillingWebhook", isClosed: false)
    }()

    private func report() -> Operation {
        Operation(
            .post, "/webhooks/billing-payment", id: "WebhookController.handleWebhook",
            summary: "Receive a payment report of a billing provider; repeated deliveries have no effect",
            security: .basic, requestBody: Self.schema,
            responses: [.init(.noContent, "Accepted; a repeated delivery has no further effect")],
            failures: [.notFound: "There is no such Invoice"],
            handler: .anonymous { call in
                guard let credentials, credentials.accept(call.headers[.authorization]) else {
                    throw HTTPFailure.unauthorized
                }
                let body = try call.object()
                let invoice = body["content"]?["invoice"]
                guard let id = invoice?["id"]?.stringValue, let status = invoice?["status"]?.stringValue else {
                    throw HTTPFailure.validation([.required("", "content")])
                }
                try await service.report(
                    Invoice.Status(rawValue: status), of: id, event: body["id"]?.stringValue,
                    in: call.writeContext(in: system))
                return .noContent
            })
    }
}
