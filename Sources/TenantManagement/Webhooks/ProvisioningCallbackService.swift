import Entities
import JSONCoding
import Logging
import MessageBus
import PostgresClient
import Primitives
import ServiceKit

/// Applies what a pipeline reports: tenant, resources, provisioning, welcome mail and event in one transaction.
struct ProvisioningCallbackService: Sendable {
    let pool: PostgresPool
    let repository: ProvisioningRepository
    let cache: EntityCache
    let notifications: NotificationQueue
    let copies: WebhookSecretCopies
    let logger: Logger

    /// Applies a verified callback to the provisioning whose secret has signed it, and to no other. One that was applied
    /// before has no further effect.
    /// - Throws: ``CallbackError/refused`` when that provisioning is not open.
    func apply(
        _ callback: ProvisioningCallback, delivery: WebhookVerifier.Delivery, digest: CallbackDigest,
        in context: WriteContext
    ) async throws {
        if let moved = try await move(delivery, callback, digest: digest.ofContent, in: context) {
            notifications.wakeUp()
            await cache.invalidate([moved])
            await copies.remove(delivery.tenant)
        } else {
            // The same report again is a retry of a pipeline that has not received the response. It may have been applied at
            // this very moment, so the provisioning is read again.
            guard try await repository.isRepetition(digest, of: delivery.context, as: callback.result) else {
                throw CallbackError.refused
            }
            // The process that applied it may have died before it updated the cache.
            await cache.invalidate(uncertain: delivery.tenant)
        }
    }

    /// Thrown to roll back: the provisioning was closed since the callback was verified.
    private struct NotOpen: Error {}

    /// The transaction. It locks the tenant before its provisioning, as all other writers do.
    /// - Returns: The tenant with its new version; nil when the provisioning is not open, and then nothing was changed.
    private func move(
        _ delivery: WebhookVerifier.Delivery, _ callback: ProvisioningCallback, digest: [UInt8],
        in context: WriteContext
    ) async throws -> RowVersion? {
        do {
            return try await context.withTransaction(on: pool, resource: nil) { transaction in
                let moved = try await ProvisioningRepository.endProvisioning(
                    of: delivery.tenant, as: Tenant.Status(callback.result), by: context.actor,
                    transaction)
                guard let moved else { return nil }
                let closed = try await transaction.query(
                    ProvisioningRepository.close(
                        delivery.context, as: ProvisioningStatus(callback.result), digest: digest, now: context.now))
                guard closed.affectedRows == 1 else { throw NotOpen() }
                if callback.result == .success {
                    try await ProvisioningRepository.store(
                        callback.resources, of: delivery.tenant, in: context, transaction)
                    try await welcome(
                        delivery.tenant, name: moved.name, link: callback.appPlaneURL ?? "", now: context.now,
                        in: transaction)
                }
                _ = try await transaction.query(
                    Outbox.insert(try event(for: callback, tenant: delivery.tenant, in: context)))
                return moved.version
            }
        } catch is NotOpen {
            return nil
        }
    }

    /// Queues the welcome mail to the newest primary contact, in the transaction: it leaves after the commit, and a mail
    /// server that does not answer cannot undo what was provisioned.
    private func welcome(
        _ tenant: Identifier, name: String, link: String, now: Timestamp, in transaction: PostgresTransaction
    ) async throws {
        guard let contact = try await ProvisioningRepository.primaryContact(of: tenant, transaction) else {
            logger.info("No email found to notify tenant", metadata: ["tenantId": "\(tenant)"])
            return
        }
        let statement = try notifications.statement(
            .tenantWelcome(to: contact.email, tenant: name, user: contact.firstName, link: link), tenant: tenant,
            now: now)
        _ = try await transaction.query(statement)
    }

    private func event(
        for callback: ProvisioningCallback, tenant: Identifier, in context: WriteContext
    ) throws -> EventEnvelope {
        try EventEnvelope(
            id: .v7(at: context.now), type: callback.result.eventType, tenantID: tenant, occurredAt: context.now,
            trace: context.trace, data: callback.result.eventData(of: tenant))
    }
}

extension ProvisioningResult {
    /// The data of the event that reports it.
    func eventData(of tenant: Identifier) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 128)
        writer.value(["tenantId": .string(tenant.description), "status": .integer(rawValue)])
        return writer.bytes
    }

    /// The event that reports it.
    fileprivate var eventType: String {
        switch self {
        case .success: EventType.tenantProvisioningSuccess
        case .failure: EventType.tenantProvisioningFailure
        }
    }
}
