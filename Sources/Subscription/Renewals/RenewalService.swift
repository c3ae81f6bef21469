import Entities
import PostgresClient
import Primitives

/// The rules of parked subscriptions: somebody puts right what is wrong, and lets them go on. Nothing was lost meanwhile: what is due
/// follows from what is stored, and is issued with the days that it is due on.
struct RenewalService: Sendable {
    let repository: RenewalRepository
    let store: RenewalStore

    /// Lets a parked subscription go on.
    /// - Throws: ``RenewalError``.
    func unpark(_ subscription: Identifier, in context: WriteContext) async throws {
        try await context.withTransaction(on: repository.pool, resource: subscription) { transaction in
            guard let state = try await repository.lock(subscription, transaction) else { throw RenewalError.notFound }
            guard state.isParked else { throw RenewalError.notParked }
            var batch = PostgresBatch()
            batch.add(
                AuditedCommand.statement(
                    "unpark", TenantSubscription.entity.name, id: subscription, tenant: state.tenant))
            batch.add(RenewalRepository.unpark(subscription))
            _ = try await transaction.run(batch)
        }
        store.announce()
    }
}
