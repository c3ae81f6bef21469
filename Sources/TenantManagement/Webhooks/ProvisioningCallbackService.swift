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
    var metrics = OnboardingMetrics()

    /// Applies a verified callback to the provisioning whose secret has signed it, and to no other. One that was applied
    /// before has no further effect.
    /// - Throws: ``CallbackError/refused`` when that provisioning is not open.
    func apply(
        _ report: ProvisioningCallback, of callback: VerifiedCallback, in context: WriteContext
    ) async throws {
        let tenant = callback.delivery.tenant
        if let moved = try await move(callback, report, in: context) {
            notifications.wakeUp()
            await cache.invalidate([moved.version])
            if report.result == .success { metrics.activated(moved, at: context.now) }
            await copies.remove(tenant)
        } else {
            // The same report again is a retry of a pipeline that has not received the response. It may have been applied at
            // this very moment, so the provisioning is read again.
            guard try await repository.acceptRepetition(of: callback, as: report.result, in: context) else {
                throw CallbackError.refused
            }
            // The process that applied it may have died before it updated the cache.
            await cache.invalidate(uncertain: tenant)
        }
    }

    /// Thrown to roll back: the provisioning was closed since the callback was verified.
    private struct NotOpen: Error {}

    /// The transaction. It locks the tenant before its provisioning, as all other writers do.
    /// - Returns: The tenant; nil when the provisioning is not open, and then nothing was changed.
    private func move(
        _ callback: VerifiedCallback, _ report: ProvisioningCallback, in context: WriteContext
    ) async throws -> ProvisioningRepository.ProvisionedTenant? {
        let tenant = callback.delivery.tenant
        do {
            return try await context.withTransaction(on: pool, resource: nil) { transaction in
                let moved = try await ProvisioningRepository.endProvisioning(
                    of: tenant, as: Tenant.Status(report.result), by: context.actor, transaction)
                guard let moved else { return nil }
                guard
                    try await ProvisioningRepository.close(
                        callback, as: report.result, now: context.now, transaction)
                else { throw NotOpen() }
                if report.result == .success {
                    try await ProvisioningRepository.store(report.resources, of: tenant, in: context, transaction)
                    try await welcome(
                        tenant, name: moved.name, link: report.appPlaneURL ?? "", now: context.now, in: transaction)
                }
                _ = try await transaction.query(Outbox.insert(try event(for: report, tenant: tenant, in: context)))
                return moved
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
        for report: ProvisioningCallback, tenant: Identifier, in context: WriteContext
    ) throws -> EventEnvelope {
        try EventEnvelope(
            id: .v7(at: context.now), type: report.result.eventType, tenantID: tenant, occurredAt: context.now,
            trace: context.trace, data: report.result.eventData(of: tenant))
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
