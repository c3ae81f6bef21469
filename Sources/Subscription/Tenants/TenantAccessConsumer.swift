import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives

/// Records which tenants tenant management has deleted, suspended, restored or resumed.
struct TenantAccessConsumer: Sendable {
    static let group = "subscription"

    let pool: PostgresPool
    /// The service itself: an event has no user.
    let system: TenantScope
    let clock: any WallClock

    /// Handles a delivery. Repeated deliveries have one effect: the mark of the event commits with it.
    func handle(_ delivery: EventDelivery) async throws {
        let data = try? JSONValue.parse(stored: delivery.event.data)
        guard let tenant = delivery.event.tenantId, let isBlocked = data?["isBlocked"]?.boolValue,
            let version = data?["version"]?.intValue
        else { throw EventRejection(reason: "the event does not contain a tenant with isBlocked and version") }
        let context = delivery.writeContext(in: system, now: clock.now())
        var batch = context.batch(resource: nil)
        batch.add(BlockedTenants.record(tenant, isBlocked: isBlocked, version: Int64(version), at: context.now))
        do throws(PostgresError) {
            _ = try await pool.run(batch)
        } catch {
            guard Inbox.isDuplicate(error) else { throw error }
        }
    }
}
