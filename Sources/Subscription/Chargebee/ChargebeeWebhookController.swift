import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

/// The HTTP operation of Chargebee's webhooks.
struct ChargebeeWebhookController: Sendable {
    let events: ProviderEventService
    /// The service itself: Chargebee is no user.
    let system: TenantScope
    /// Nil to reject all.
    let credentials: BasicCredentials?

    static let path = "/webhooks/chargebee"

    var operations: [Operation] { [receive()] }

    /// Open objects: Chargebee sends much more than is needed here.
    private static let schema = Schema.object(
        [
            .init("id", Schema.string(minLength: 1, maxLength: 255).example("ev_1f0c"), required: true),
            .init(
                "event_type", Schema.string(minLength: 1, maxLength: 255).example("payment_succeeded"), required: true),
            .init("content", .freeObject, required: true),
        ], name: "ChargebeeEvent", isClosed: false)

    private func receive() -> Operation {
        Operation(
            .post, Self.path, id: "WebhookController.handleChargebeeWebhook",
            summary: "Receive an event of Chargebee; neither order nor repetitions matter",
            security: .basic, requestBody: Self.schema,
            responses: [.init(.noContent, "Accepted; a repeated delivery has no further effect")],
            handler: .anonymous { call in
                guard let credentials, credentials.accept(call.headers[.authorization]) else {
                    throw HTTPFailure.unauthorized
                }
                let body = try call.object()
                try await events.take(
                    ProviderEvent(chargebee: body), id: body["id"]?.stringValue, in: call.writeContext(in: system))
                return .noContent
            })
    }
}
