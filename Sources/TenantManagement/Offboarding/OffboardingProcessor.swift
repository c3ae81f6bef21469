import Entities
import JSONCoding
import Logging
import MessageBus
import PostgresClient
import Primitives
import ServiceKit
import WorkQueue

/// Ends the grace period of an off-boarding: the tenant becomes DEPROVISIONING and the orchestrator is asked, in one transaction.
struct OffboardingProcessor: Sendable {
    let pool: PostgresPool
    let repository: OffboardingRepository
    let tenants: EntityRepository
    let planner: ProvisioningPlanner
    let exports: ExportRequests
    let cache: EntityCache
    let system: TenantScope
    let clock: any WallClock
    let logger: Logger

    /// Contacts in the event, the primary ones first, as for provisioning.
    private static let maximumContacts = 50
    /// When to look again at a tenant that cannot be off-boarded now, because it is being provisioned.
    private static let patience = Duration.seconds(15)

    /// The states from which it begins.
    private static let startable = TenantTransition.sources(of: .deprovisioning, by: .offboarding)

    func handle(_ work: OffboardingWork) async throws -> Settlement<Void> {
        let tenant: Record
        do {
            tenant = try await read(work.tenant)
        } catch RepositoryError.notFound {
            return .deadLetter(reason: "the tenant was deleted")
        }
        let status = try? tenant[Tenant.status]
        // After a failure it is DEPROVISIONING still.
        guard let status, Self.startable.contains(status) || status == .deprovisioning else {
            return .released(after: Self.patience)
        }
        let context = WriteContext(scope: system, now: clock.now())
        if let export = try await repository.export(of: work.id) {
            if export.state == .requested { return .released(after: .seconds(1)) }
            if export.isEarly { return try await exportAgain(work, in: context) }
            if export.state == .failed { return .deadLetter(reason: "the export that comes first has failed") }
        }
        let plan = try planner.plan(
            .deprovision, tenant: work.tenant, tenantJSON: tenant.json, subscription: nil, in: context)
        var changes = FieldValues(Tenant.entity)
        changes[Tenant.status] = .deprovisioning
        var batch = context.batch(resource: nil)
        batch.add(TenantChange.offboarding.announcement)
        let index = batch.add(
            try tenants.updateStatement(
                work.tenant, changes, in: system, ifVersion: .exactly(try tenant.version), isGuarded: true))
        // An operator who changed the status by hand has left a provisioning open.
        batch.add(ProvisioningRepository.abandon(tenant: work.tenant, now: context.now))
        batch.add(plan.insertion)
        batch.add(OffboardingRepository.start(work.handle, context: plan.context, now: context.now))
        batch.add(plan.event)
        let results: [PostgresResult]
        do {
            results = try await cache.observing(work.tenant) { try await pool.run(batch) }
        } catch let error as PostgresError {
            guard error.isGuardViolation else { throw error }
            // The tenant has changed since it was read, or the off-boarding was canceled: look again.
            return .released(after: .milliseconds(200))
        }
        await planner.committed(plan)
        if let row = results[index].first { await cache.store(tenants.record(row)) }
        logger.notice("The resources of a tenant are being removed", metadata: ["tenantId": "\(work.tenant)"])
        return .done(())
    }

    /// The tenant was used during the grace period, and the archive from its beginning may be deleted by now: the one that counts
    /// is made at the end.
    private func exportAgain(_ work: OffboardingWork, in context: WriteContext) async throws -> Settlement<Void> {
        do {
            try await context.withTransaction(on: pool, resource: nil) { transaction in
                _ = try await SuspensionRepository.lock(work.tenant, transaction)
                let export = try await exports.request(work.tenant, in: context, transaction)
                _ = try await transaction.query(OffboardingRepository.wait(for: export, work.handle))
            }
        } catch let error as PostgresError {
            guard error.isGuardViolation else { throw error }
            return .released(after: .milliseconds(200))
        }
        return .released(after: .seconds(1))
    }

    /// The tenant as the event shows it.
    private func read(_ id: Identifier) async throws -> Record {
        let contacts = Filter(order: [Order(Contact.isPrimary, descending: true)], limit: Self.maximumContacts)
        let filter = Filter(include: [Inclusion(Tenant.contacts, scope: contacts), Inclusion(Tenant.address)])
        return try await tenants.findByID(id, filter: filter, in: system)
    }
}
