import Entities
import Logging
import MessageBus
import PostgresClient
import Primitives
import ServicePlatform

/// Erases the personal data of a tenant as the descriptions of the entities say; what issued invoices need is kept.
struct ErasureConsumer: Sendable {
    static let group = "subscription-erasure"
    static let types: Set<String> = [EventType.tenantErased]

    let pool: PostgresPool
    let entities: [Entity]
    /// The service itself: an event has no user.
    let system: TenantScope
    let clock: any WallClock
    let logger: Logger

    /// Handles a delivery. Repeated deliveries have one effect: the mark of the event commits with it.
    func handle(_ delivery: EventDelivery) async throws {
        guard let tenant = delivery.event.tenantID else { throw EventRejection(reason: "the event names no tenant") }
        do {
            try await erase(tenant, in: delivery.writeContext(in: system, now: clock.now()))
        } catch let error as PostgresError {
            guard Inbox.isDuplicate(error) else { throw error }
        }
    }

    private func erase(_ tenant: Identifier, in context: WriteContext) async throws {
        let rows = try await context.withTransaction(on: pool, resource: nil) { transaction in
            let keeps = try await ErasureRepository.hasInvoices(tenant, transaction)
            var rows = 0
            for entity in entities {
                let erasure = EntityErasure(entity, of: tenant, keepsFiscalRecords: keeps)
                guard let statement = erasure?.statement else { continue }
                rows += try await transaction.query(statement).affectedRows
            }
            // Last, because what was erased before has left its former values in the log.
            _ = try await transaction.query(
                AuditErasure.statement(of: tenant, entities: AuditedTable.personal(in: entities)))
            return rows
        }
        logger.notice(
            "The personal data of a tenant was erased", metadata: ["tenantId": "\(tenant)", "rows": "\(rows)"])
    }
}
