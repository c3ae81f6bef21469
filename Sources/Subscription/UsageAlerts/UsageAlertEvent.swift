import Entities
import JSONCoding
import MessageBus
import Primitives

/// The event of a threshold that a tenant's use has reached.
enum UsageAlertEvent {
    static let reached = EventDescription(
        EventType.usageThresholdReached,
        "A tenant has used a part of a limit. Published once for each threshold of the meter and period.",
        [
            .init("tenantId", .string(format: .uuid), required: true),
            .init("meter", .string().described("Key of the meter").example("api-calls"), required: true),
            .init(
                "feature", .string().described("Key of the feature that limits it").example("api-calls"), required: true
            ),
            .init("threshold", .integer(minimum: 1).described("In percent of the limit").example(80), required: true),
            .init("limit", .string().example("1000"), required: true),
            .init("used", .string().example("812.5"), required: true),
            .init("from", .string(format: .dateTime).described("Beginning of the period"), required: true),
            .init("to", .string(format: .dateTime).described("Its end; absent if it has none")),
        ])

    /// The event of a tenant.
    static func envelope(
        _ threshold: Int, _ amount: MeteredAmount, feature: String, of tenant: Identifier, at now: Timestamp
    ) throws -> EventEnvelope {
        var data: JSONObject = [
            "tenantId": .identifier(tenant), "meter": .string(amount.meter.key), "feature": .string(feature),
            "threshold": .integer(threshold), "limit": .string(amount.limit ?? "0"), "used": .string(amount.used),
            "from": .timestamp(amount.from),
        ]
        if let to = amount.to { data["to"] = .timestamp(to) }
        return try EventEnvelope(
            id: .v7(at: now), type: EventType.usageThresholdReached, tenantID: tenant, occurredAt: now, trace: nil,
            data: JSONValue.object(data).serialized())
    }
}
