import Entities
import JSONCoding
import MessageBus
import Primitives

/// The event of a tenant that is not provisioned yet. One that is provisioned at once has another event, from which other
/// services learn of it.
struct TenantCreated: Sendable {
    let tenant: Identifier

    /// A new row has this version (migration 2).
    private static let version = 1

    func event(in context: WriteContext) throws(EventEnvelopeError) -> EventEnvelope {
        var writer = JSONWriter(reservingCapacity: 128)
        writer.beginObject()
        writer.key("tenantId")
        writer.identifier(tenant)
        writer.key("isBlocked")
        writer.bool(false)
        writer.key("version")
        writer.integer(Self.version)
        writer.endObject()
        return try EventEnvelope(
            id: .v7(at: context.now), type: EventType.tenantCreated, tenantID: tenant, occurredAt: context.now,
            trace: context.trace, data: writer.bytes)
    }
}
