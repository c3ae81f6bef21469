import Entities
import JSONCoding
import MessageBus
import Primitives
import ServicePlatform

/// The event that tells tenant management when API keys were used here.
enum APIKeyUseEvent {
    static let description = EventDescription(
        EventType.apiKeysUsed, "API keys were used on another service than tenant management, about once a minute.",
        [
            .init(
                "uses",
                .array(
                    of: .object(
                        [
                            .init("keyId", .string(format: .uuid), required: true),
                            .init("usedOn", .string(format: .dateTime), required: true),
                        ], isClosed: false),
                    maxItems: APIKeyUseRecorder.batchSize),
                required: true)
        ])

    static func event(_ uses: [APIKeyUses.Use], at now: Timestamp) throws(EventEnvelopeError) -> EventEnvelope {
        var writer = JSONWriter(reservingCapacity: 32 + uses.count * 96)
        writer.beginObject()
        writer.key("uses")
        writer.beginArray()
        for use in uses {
            writer.beginObject()
            writer.member("keyId", use.key)
            writer.member("usedOn", use.instant)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return try EventEnvelope(
            id: .v7(at: now), type: EventType.apiKeysUsed, tenantID: nil, occurredAt: now, data: writer.bytes)
    }
}
