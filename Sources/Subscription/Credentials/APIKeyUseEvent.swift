import Entities
import JSONCoding
import MessageBus
import Primitives
import ServicePlatform

/// The event that tells tenant management when API keys were used here.
enum APIKeyUseEvent {
    private static let hash = Schema.string(maxLength: 64)

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
                            .init("formerHash", hash.described("Of the key, under an earlier secret of the services")),
                            .init("hash", hash.described("In its place: under the current secret")),
                        ], isClosed: false),
                    maxItems: APIKeyUseRecorder.batchSize),
                required: true)
        ])

    static func event(_ uses: [APIKeyUses.Use], at now: Timestamp) throws(EventEnvelopeError) -> EventEnvelope {
        var writer = JSONWriter(reservingCapacity: 32 + uses.count * 256)
        writer.beginObject()
        writer.key("uses")
        writer.beginArray()
        for use in uses {
            writer.beginObject()
            writer.member("keyId", use.key)
            writer.member("usedOn", use.instant)
            if let rehash = use.rehash {
                writer.member("formerHash", Hex.encode(rehash.former))
                writer.member("hash", Hex.encode(rehash.current))
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return try EventEnvelope(
            id: .v7(at: now), type: EventType.apiKeysUsed, tenantID: nil, occurredAt: now, data: writer.bytes)
    }
}
