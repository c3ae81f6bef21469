import Entities
import JSONCoding
import Logging
import MessageBus
import PostgresClient
import Primitives
import RedisClient
import ServiceKit
import TraceRecording

/// Starts the provisioning of tenants that exist. Unlike the original it validates and stores before it publishes.
struct ProvisioningService: Sendable {
    let pool: PostgresPool
    let tenants: EntityRepository
    let repository: ProvisioningRepository
    let planner: ProvisioningPlanner
    let cache: EntityCache
    let logger: Logger

    /// Contacts in an event, the primary ones first. With more of them, it could be too large for the bus.
    private static let maximumContacts = 50
    /// How often a tenant that keeps changing is read.
    private static let attempts = 3

    /// The result of a request that did not fail.
    enum Outcome: Sendable {
        case started
        /// The same subscription is being provisioned already; a repeated request changes nothing.
        case alreadyRunning
    }

    /// `POST /tenants/{id}/provision`.
    /// - Throws: ``ProvisioningError``.
    func provision(
        tenant id: Identifier, subscription body: JSONObject, in context: WriteContext
    ) async throws -> Outcome {
        guard let subscriptionID = body[Entity.id]?.stringValue, !subscriptionID.isEmpty else {
            throw ProvisioningError.subscriptionIDMissing
        }
        guard let tier = body["plan"]?["tier"]?.stringValue, !tier.isEmpty else {
            throw ProvisioningError.tierMissing
        }
        return try await start(
            tenant: id,
            subscription: ProvisioningSubscription(id: subscriptionID, .object(body)),
            from: Tenant.Status.provisionable, in: context)
    }

    /// Sets a tenant to PROVISIONING and stores its event. A tenant that changes meanwhile is read again: a client often asks
    /// for the provisioning that the event of its subscription has just started.
    /// - Parameter states: The states from which it may start.
    /// - Throws: ``ProvisioningError``; an error of the database, which may be that of a mark of the context.
    func start(
        tenant id: Identifier, subscription: ProvisioningSubscription, from states: [Tenant.Status],
        in context: WriteContext
    ) async throws -> Outcome {
        for _ in 1..<Self.attempts {
            do {
                return try await attempt(tenant: id, subscription: subscription, from: states, in: context)
            } catch let error as ProvisioningError {
                guard case .changedMeanwhile = error else { throw error }
            }
        }
        return try await attempt(tenant: id, subscription: subscription, from: states, in: context)
    }

    /// One transaction, which fails if the tenant has changed since it was read.
    private func attempt(
        tenant id: Identifier, subscription: ProvisioningSubscription, from states: [Tenant.Status],
        in context: WriteContext
    ) async throws -> Outcome {
        let tenant = try await read(id, in: context.scope)
        let status = try? tenant[Tenant.status]
        guard let status, states.contains(status) else {
            guard try await isRunning(tenant: id, status: status, subscription: subscription.id) else {
                throw ProvisioningError.wrongState(status: status, allowed: states)
            }
            try await context.commitMarks(on: pool)
            return .alreadyRunning
        }
        let context = try await continuing(tenant, status, context)
        let plan = try planner.plan(tenant: id, tenantJSON: tenant.json, subscription: subscription, in: context)
        var changes = FieldValues(Tenant.entity)
        changes[Tenant.status] = .provisioning
        var batch = context.batch(resource: nil)
        batch.add(TenantChange.provisioning.announcement)
        let index = batch.add(
            try tenants.updateStatement(
                id, changes, in: context.scope, ifVersion: .exactly(try tenant.version), isGuarded: true))
        // An operator who changed the status by hand has left the provisioning open.
        batch.add(ProvisioningRepository.abandon(tenant: id, now: context.now))
        batch.add(plan.insertion)
        batch.add(plan.event)
        let results = try await cache.observing(id) { try await run(batch) }
        await planner.committed(plan)
        if let row = results[index].first { await cache.store(tenants.record(row)) }
        return .started
    }

    /// The first provisioning of a tenant that was a lead belongs to the trace in which the lead has registered, whoever starts it.
    private func continuing(
        _ tenant: Record, _ status: Tenant.Status, _ context: WriteContext
    ) async throws -> WriteContext {
        guard status == .pendingProvision, let lead = try tenant[ifPresent: Tenant.leadID],
            let trace = try await repository.trace(ofLead: lead)
        else { return context }
        return context.within(CurrentSpan.continuing(trace, as: "provision tenant"))
    }

    /// The tenant as the event shows it.
    private func read(_ id: Identifier, in scope: TenantScope) async throws -> Record {
        let contacts = Filter(order: [Order(Contact.isPrimary, descending: true)], limit: Self.maximumContacts)
        let filter = Filter(include: [Inclusion(Tenant.contacts, scope: contacts), Inclusion(Tenant.address)])
        do {
            return try await tenants.findByID(id, filter: filter, in: scope)
        } catch {
            if case .notFound = error { throw ProvisioningError.tenantNotFound }
            throw error
        }
    }

    private func isRunning(
        tenant: Identifier, status: Tenant.Status?, subscription: String?
    ) async throws(PostgresError) -> Bool {
        guard status == .provisioning, let subscription, let running = try await repository.latest(of: tenant) else {
            return false
        }
        return running.status == .open && running.subscriptionID == subscription
    }

    /// Runs the transaction, and distinguishes concurrent changes from other errors.
    private func run(_ batch: PostgresBatch) async throws -> [PostgresResult] {
        do {
            return try await pool.run(batch)
        } catch {
            guard error.isGuardViolation || error.constraint == "idx_provisionings_open" else {
                throw TenantStateError.meaning(of: error)
            }
            throw ProvisioningError.changedMeanwhile
        }
    }
}
