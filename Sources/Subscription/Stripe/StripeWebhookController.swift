import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operation of Stripe's webhooks.
struct StripeWebhookController: Sendable {
    let events: ProviderEventService
    /// The service itself: Stripe is no user.
    let system: TenantScope
    /// Nil to reject all.
    let secret: String?

    static let path = "/webhooks/stripe"

    var operations: [Operation] { [receive()] }

    /// Open objects: Stripe sends much more than is needed here.
    private static let schema = Schema.object(
        [
            .init(
                "id", Schema.string(minLength: 1, maxLength: 255).example("evt_1f0c"), required: true),
            .init("type", Schema.string(minLength: 1, maxLength: 255).example("invoice.paid"), required: true),
            .init(
                "data", Schema.object([.init("object", .freeObject, required: true)], isClosed: false), required: true),
        ], name: "StripeEvent", isClosed: false)

    private func receive() -> Operation {
        Operation(
            .post, Self.path, id: "WebhookController.handleStripeWebhook",
            summary: "Receive a signed event of Stripe; neither order nor repetitions matter",
            security: .signature,
            parameters: [
                .init(
                    StripeSignature.header, in: .header, schema: .string(),
                    description: "`t=…,v1=…`: HMAC-SHA256 over the time, a dot and the body")
            ],
            requestBody: Self.schema,
            responses: [.init(.noContent, "Accepted; a repeated delivery has no further effect")],
            handler: .anonymous { call in
                let context = call.writeContext(in: system)
                guard let secret, let header = call.headers[.stripeSignature],
                    StripeSignature.verify(header, body: call.bodyBytes, secret: secret, at: context.now)
                else { throw HTTPFailure.unauthorized }
                let body = try call.object()
                try await events.take(
                    ProviderEvent(stripe: body), id: body["id"]?.stringValue, in: context)
                return .noContent
            })
    }
}

extension HTTPField.Name {
    fileprivate static let stripeSignature = HTTPField.Name(literal: "stripe-signature")
}
