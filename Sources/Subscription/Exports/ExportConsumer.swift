import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives

/// Sends the rows of a tenant to tenant management, which makes an archive of them: in parts that fit into events.
struct ExportConsumer: Sendable {
    static let group = "subscription-export"
    static let types: Set<String> = [EventType.tenantExportRequested]

    /// Bytes of a part. An event has 240 KiB, and escaping may double a text.
    static let partSize = 96 << 10
    /// Bytes of all parts.
    static let maximumSize = 16 << 20

    let repository: ExportRepository
    let pool: PostgresPool
    /// The service itself: an event has no user.
    let system: TenantScope
    let clock: any WallClock

    /// Handles a delivery. Repeated deliveries have one effect: the mark of the event commits with it.
    func handle(_ delivery: EventDelivery) async throws {
        let data = try? JSONValue.parse(stored: delivery.event.data)
        guard let tenant = delivery.event.tenantID,
            let export = data?["exportId"]?.stringValue.flatMap({ Identifier($0) })
        else { throw EventRejection(reason: "the event names no tenant and export") }
        let text = try await repository.lines(of: tenant).joined(separator: "\n")
        // One line that begins with `!` says why there are no rows.
        let isTooLarge = text.utf8.count > Self.maximumSize
        let parts =
            isTooLarge
            ? ["!the rows of the subscription service are larger than \(Self.maximumSize) bytes"] : Self.parts(of: text)
        let context = delivery.writeContext(in: system, now: clock.now())
        var batch = context.batch(resource: nil)
        for (position, part) in parts.enumerated() {
            let data = JSONValue.object([
                "tenantId": .identifier(tenant), "exportId": .identifier(export), "position": .integer(position),
                "isLast": .bool(position == parts.count - 1), "text": .string(part),
            ])
            batch.add(
                try EventEnvelope(
                    id: .v7(at: context.now), type: EventType.tenantExportPart, tenantID: tenant,
                    occurredAt: context.now, trace: context.trace, data: data.serialized()))
        }
        do {
            _ = try await pool.run(batch)
        } catch {
            guard Inbox.isDuplicate(error) else { throw error }
        }
    }

    /// Parts of a text, each at most ``partSize`` bytes; at least one.
    static func parts(of text: String) -> [String] {
        var parts: [String] = []
        var rest = Substring(text)
        while rest.utf8.count > partSize {
            var end = rest.utf8.index(rest.startIndex, offsetBy: partSize)
            // Not in the middle of a scalar: a continuation byte is 10xxxxxx.
            while rest.utf8[end] & 0xC0 == 0x80 { end = rest.utf8.index(before: end) }
            parts.append(String(rest[..<end]))
            rest = rest[end...]
        }
        return parts + [String(rest)]
    }
}
