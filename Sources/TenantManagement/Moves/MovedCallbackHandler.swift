import Entities
import MessageBus
import PostgresClient
import Primitives
import ServiceKit

/// RESOURCES_MOVED: how a move ended, and what the tenant has now. Closes the request, replaces the resources of the former
/// place, and publishes the outcome, in one transaction. A move that has failed changes nothing else.
struct MovedCallbackHandler: CallbackHandler {
    let pool: PostgresPool
    let repository: ProvisioningRepository

    let type = CallbackType.resourcesMoved
    let kind: ProvisioningKind? = .move

    func apply(_ callback: VerifiedCallback, in context: WriteContext) async throws {
        let report = try ProvisioningCallback(callback.data)
        if try await close(callback, report, in: context) { return }
        guard try await repository.acceptRepetition(of: callback, as: report.result, in: context) else {
            throw CallbackError.refused
        }
    }

    /// Returns false when the request was closed since the callback was verified; then nothing was changed.
    private func close(
        _ callback: VerifiedCallback, _ report: ProvisioningCallback, in context: WriteContext
    ) async throws -> Bool {
        let tenant = callback.delivery.tenant
        return try await context.withTransaction(on: pool, resource: nil) { transaction in
            try await MoveRepository.lock(tenant, transaction)
            guard
                try await ProvisioningRepository.close(callback, as: report.result, now: context.now, transaction)
            else { return false }
            if report.result == .success {
                try await MoveRepository.removePlaces(of: tenant, by: context.actor, transaction)
                try await ProvisioningRepository.store(report.resources, of: tenant, in: context, transaction)
            }
            let event = try EventEnvelope(
                id: .v7(at: context.now),
                type: report.result == .success ? EventType.tenantMoveSuccess : EventType.tenantMoveFailure,
                tenantID: tenant, occurredAt: context.now, trace: context.trace,
                data: report.result.eventData(of: tenant))
            _ = try await transaction.query(Outbox.insert(event))
            return true
        }
    }
}
