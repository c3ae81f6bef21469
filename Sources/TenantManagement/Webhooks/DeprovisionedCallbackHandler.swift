import Entities
import MessageBus
import PostgresClient
import Primitives
import ServiceKit

/// What becomes of a tenant when the orchestrator reports how the removal of its resources ended.
protocol DeprovisioningEffect: Sendable {
    /// Changes the tenant in the transaction that closes the request.
    /// - Returns: The tenant with its new version, or the version that it has; nil when the tenant is not being deprovisioned,
    ///   which undoes everything.
    func deprovisioned(
        _ tenant: Identifier, _ result: ProvisioningResult, in context: WriteContext,
        _ transaction: PostgresTransaction
    ) async throws -> RowVersion?
}

/// RESOURCES_DEPROVISIONED: how the removal of a tenant's resources ended. Closes the request, changes the tenant, and publishes
/// the outcome, in one transaction.
struct DeprovisionedCallbackHandler: CallbackHandler {
    let pool: PostgresPool
    let repository: ProvisioningRepository
    let cache: EntityCache
    let effect: any DeprovisioningEffect

    let type = CallbackType.resourcesDeprovisioned
    let kind: ProvisioningKind? = .deprovision

    func apply(_ callback: VerifiedCallback, in context: WriteContext) async throws {
        let result = try ProvisioningCallback(callback.data).result
        if let changed = try await close(callback, result, in: context) {
            await cache.invalidate([changed])
            return
        }
        guard try await repository.acceptRepetition(of: callback, as: result, in: context) else {
            throw CallbackError.refused
        }
        // The process that applied it may have died before it updated the cache.
        await cache.invalidate(uncertain: callback.delivery.tenant)
    }

    /// Thrown to roll back: the request was closed since the callback was verified.
    private struct NotOpen: Error {}

    private func close(
        _ callback: VerifiedCallback, _ result: ProvisioningResult, in context: WriteContext
    ) async throws -> RowVersion? {
        let tenant = callback.delivery.tenant
        do {
            return try await context.withTransaction(on: pool, resource: nil) { transaction in
                guard let changed = try await effect.deprovisioned(tenant, result, in: context, transaction) else {
                    return nil
                }
                guard
                    try await ProvisioningRepository.close(callback, as: result, now: context.now, transaction)
                else { throw NotOpen() }
                let event = try EventEnvelope(
                    id: .v7(at: context.now), type: result.deprovisioningEventType, tenantID: tenant,
                    occurredAt: context.now, trace: context.trace, data: result.eventData(of: tenant))
                _ = try await transaction.query(Outbox.insert(event))
                return changed
            }
        } catch is NotOpen {
            return nil
        }
    }
}

extension ProvisioningResult {
    fileprivate var deprovisioningEventType: String {
        switch self {
        case .success: EventType.tenantDeprovisioningSuccess
        case .failure: EventType.tenantDeprovisioningFailure
        }
    }
}
