import Entities
import JSONCoding
import MessageBus
import Primitives

/// The event of an endpoint that was disabled because of its answers.
enum WebhookEndpointEvents {
    static let disabled = EventDescription(
        EventType.webhookEndpointDisabled, "A webhook endpoint was disabled because of the answers of its receiver.",
        [
            .init(
                "tenantId",
                .string(format: .uuid).described("Absent for an endpoint that gets the events of all tenants")),
            .init("endpointId", .string(format: .uuid), required: true),
            .init(
                "reason",
                .string(
                    oneOf: [WebhookEndpoint.DisabledReason.gone, .failing].map(\.rawValue)
                ).described("GONE: it has answered 410. FAILING: it has only failed for days"), required: true),
        ])

    /// The event, without the URL, which may contain a token.
    static func event(
        _ endpoint: Identifier, of tenant: Identifier?, because reason: WebhookEndpoint.DisabledReason,
        at now: Timestamp
    ) throws(EventEnvelopeError) -> EventEnvelope {
        var writer = JSONWriter(reservingCapacity: 160)
        writer.beginObject()
        writer.memberIfPresent("tenantId", tenant)
        writer.member("endpointId", endpoint)
        writer.member("reason", reason.rawValue)
        writer.endObject()
        return try EventEnvelope(
            id: .v7(at: now), type: EventType.webhookEndpointDisabled, tenantID: tenant, occurredAt: now,
            data: writer.bytes)
    }
}
