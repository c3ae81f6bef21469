import Entities
import HTTPTypes
import JSONCoding
import Logging
import MessageBus
import Primitives
import Sealing
import ServiceKit

/// The HTTP operation that takes events from a bus which delivers by HTTP (docs/contract/arc-api.md 7): EventBridge's
/// API destinations.
struct EventBridgeController: Sendable {
    /// Takes events of the bus, too.
    let handler: EventHandler
    let credentials: EventCredentials
    /// Opens the secrets of events.
    let secrets: EventSecretSealer
    let limit: RateLimit
    let clock: any WallClock
    let logger: Logger

    var operations: [Operation] { [handleEvent()] }

    /// The types of events that it takes.
    static let types = WorkflowKind.startingEvents.union([
        EventType.tenantProvisioningCommand, EventType.tenantDataExportRequested,
    ])

    private static let answer = Schema.object(
        [.init("success", .boolean.example(true), required: true)], name: "Success")

    private func handleEvent() -> Operation {
        Operation(
            .post, "/event-bridge/events/{eventType}", id: "EventBridgeController.handleEvent",
            summary: "Receive an event that a bus delivers over HTTP; repeated deliveries have no effect",
            security: .eventSender,
            parameters: [
                .init(
                    "eventType", in: .path, schema: .string(oneOf: Self.types.sorted()),
                    description: "Name of the event"),
                .init(
                    WebhookSignature.signatureHeader, in: .header, schema: .string(),
                    description: "HMAC-SHA256 over body and timestamp, hexadecimal; instead of the key"),
                .init(
                    WebhookSignature.timestampHeader, in: .header, schema: .any,
                    description: "Milliseconds since 1970, with the signature"),
            ],
            requestBody: EventBridgeEvent.schema,
            responses: [.init(.ok, "Accepted; a repeated delivery has no further effect", schema: Self.answer)],
            failures: [.badRequest: "The body is not JSON, or the type of the event is not supported"],
            rateLimit: limit,
            handler: .anonymous { call in
                let now = clock.now()
                let key = HTTPHeaderLookup.value(EventCredentials.keyHeader, in: call.headers)
                guard credentials.accept(key: key, SignedMessage(call), at: now) else {
                    logger.warning("an event was refused: neither key nor signature is right")
                    throw HTTPFailure.unauthorized
                }
                let type = call.pathParameter("eventType")
                guard Self.types.contains(type) else {
                    throw HTTPFailure.badRequest(
                        "Unsupported event type: \(type.prefix(100))", code: "UNSUPPORTED_EVENT_TYPE")
                }
                let body = try call.object()
                if type == EventType.tenantProvisioningCommand {
                    try await take(EventBridgeCommand(body, type: type, trace: call.trace, now: now).envelope)
                } else {
                    try await take(
                        EventBridgeEvent(body, type: type, secrets: secrets, trace: call.trace, now: now).envelope)
                }
                return .json { writer in writer.value(["success": true]) }
            })
    }

    /// Hands an event to the consumer that the bus feeds too, which stores it once. A replay for other groups has no effect here,
    /// as on every bus.
    private func take(_ event: EventEnvelope) async throws {
        guard event.concerns(group: ProvisioningConsumer.group) else { return }
        do {
            try await handler(
                EventDelivery(event: event, group: ProvisioningConsumer.group, attempt: 1))
        } catch let rejection as EventRejection {
            throw HTTPFailure.invalidField("", code: "event", rejection.reason)
        }
    }
}
