import Entities
import HTTPTypes
import JSONCoding
import Logging
import MessageBus
import PostgresClient
import Primitives
import RedisClient
import ServiceKit

/// Begins the provisioning of tenants that exist (contract 5.4 and 9.3, with the order mended: validate, store, publish).
struct ProvisioningService: Sendable {
    let pool: PostgresPool
    let tenants: EntityRepository
    let repository: ProvisioningRepository
    let planner: ProvisioningPlanner
    let cache: EntityCache
    let clock: any WallClock
    let logger: Logger

    /// Code of the 409 for a tenant in a state from which it cannot be provisioned.
    static let wrongState = "TENANT_STATE"

    /// Contacts that an event names at most, the primary ones first: with more of them it could outgrow the bus.
    private static let maximumContacts = 50

    /// How a request to provision ended when it did not fail.
    enum Outcome: Sendable {
        case started
        /// The same subscription is being provisioned already: the second click changes nothing.
        case alreadyRunning
    }

    /// `POST /tenants/{id}/provision`.
    /// - Throws: 400 without a subscription's id or a tier, 404 without the tenant, 409 in a state that does not
    ///   allow it, 422 when the plan is too large for an event.
    func provision(
        tenant id: Identifier, subscription body: JSONObject, in scope: TenantScope, for request: OperationRequest
    ) async throws -> Outcome {
        guard let subscriptionID = body["id"]?.stringValue, !subscriptionID.isEmpty else {
            throw HTTPFailure.badRequest("Subscription ID is required")
        }
        guard let tier = body["plan"]?["tier"]?.stringValue, !tier.isEmpty else {
            throw HTTPFailure.badRequest("plan.tier is required: it says how the tenant is provisioned")
        }
        return try await start(
            tenant: id,
            subscription: ProvisioningSubscription(id: subscriptionID, .object(body)),
            from: scope.isOperator ? Tenant.Status.provisionable : Tenant.Status.awaitingSubscription,
            in: scope, traceparent: request.traceparent, before: request.alongside())
    }

    /// Moves a tenant to PROVISIONING and stores its event, in one transaction that fails when somebody else has changed
    /// the tenant since it was read.
    /// - Parameters:
    ///   - states: From which it may begin.
    ///   - before: Statements that belong to the same transaction, run first.
    func start(
        tenant id: Identifier, subscription: ProvisioningSubscription, from states: [Tenant.Status],
        in scope: TenantScope, traceparent: String?, before: [BoundStatement]
    ) async throws -> Outcome {
        let tenant = try await read(id, in: scope)
        let status = Tenant.Status(rawValue: try tenant.integer("status"))
        guard let status, states.contains(status) else {
            if try await isRunning(tenant: id, status: status, subscription: subscription.id) { return .alreadyRunning }
            throw HTTPFailure.conflict(
                "The tenant is \(status?.name ?? "in an unknown state") and can only be provisioned from \(states.map(\.name).joined(separator: " or "))",
                code: Self.wrongState)
        }
        let now = clock.now()
        let plan = try planner.plan(
            tenant: id, tenantJSON: tenant.json, subscription: subscription, now: now, traceparent: traceparent)
        var changes = FieldValues(Tenant.entity)
        changes["status"] = .int16(Int16(Tenant.Status.provisioning.rawValue))
        var batch = PostgresBatch(settings: scope.settings)
        batch.add(contentsOf: before)
        let index = batch.add(
            try tenants.updateStatement(
                id, changes, in: scope, ifVersion: .exactly(try tenant.version), isGuarded: true))
        // Whoever took the tenant out of PROVISIONING by hand has left its provisioning open.
        batch.add(ProvisioningRepository.close(tenant: id, succeeded: false, digest: nil, now: now))
        batch.add(contentsOf: plan.statements)
        batch.add(plan.event)
        let results = try await cache.observing(id) { try await run(batch) }
        await planner.committed(plan)
        if let row = results[index].first {
            let changed = tenants.record(row)
            await cache.store(id, version: try changed.version, bytes: changed.buffer)
        }
        return .started
    }

    /// The tenant as the event shows it.
    private func read(_ id: Identifier, in scope: TenantScope) async throws -> Record {
        let contacts = Filter(order: [Order("isPrimary", descending: true)], limit: Self.maximumContacts)
        let filter = Filter(include: [Inclusion("contacts", scope: contacts), Inclusion("address")])
        do {
            return try await tenants.findById(id, filter: filter, in: scope)
        } catch {
            if case .notFound = error { throw HTTPFailure.entityNotFound }
            throw error
        }
    }

    private func isRunning(
        tenant: Identifier, status: Tenant.Status?, subscription: String?
    ) async throws(PostgresError) -> Bool {
        guard status == .provisioning, let subscription, let running = try await repository.latest(of: tenant) else {
            return false
        }
        return running.status == 0 && running.subscriptionID == subscription
    }

    /// Runs the transaction; that somebody else was faster is told from other errors.
    private func run(_ batch: PostgresBatch) async throws -> [PostgresResult] {
        do {
            return try await pool.run(batch)
        } catch {
            guard error.isGuardViolation || error.constraint == "idx_provisionings_open" else { throw error }
            throw HTTPFailure.conflict(
                "The tenant was changed in the meantime. Read it again and repeat the request.",
                code: "CHANGED_MEANWHILE")
        }
    }
}
