import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives

/// Requests moves of tenants from the orchestrator, and confirms them.
struct MoveService: Sendable {
    let pool: PostgresPool
    let tenants: EntityRepository
    let repository: ProvisioningRepository
    let planner: ProvisioningPlanner

    /// From these states a tenant has data.
    static let movable: [Tenant.Status] = [.active, .inactive]

    /// `POST /tenants/{id}/move`: stores the request and its event in one transaction.
    /// - Returns: The id of the request, which is the context of its callback.
    /// - Throws: ``MoveError``.
    func move(_ tenant: Identifier, _ move: TenantMove, in context: WriteContext) async throws -> Identifier {
        guard move.target != nil || move.server != nil else { throw MoveError.withoutTarget }
        let record = try await read(tenant, in: context.scope)
        let status = try? record[Tenant.status]
        guard let status, Self.movable.contains(status) else { throw MoveError.wrongState(status) }
        let plan = try planner.plan(
            .move, tenant: tenant, tenantJSON: record.json, subscription: nil, members: ["move": move.json],
            in: context)
        var batch = context.batch(resource: plan.context)
        batch.add(plan.insertion)
        batch.add(plan.event)
        do { _ = try await pool.run(batch) } catch {
            guard error.constraint == "idx_provisionings_open" else { throw error }
            throw MoveError.busy
        }
        await planner.committed(plan)
        return plan.context
    }

    /// `POST /tenants/{id}/move/confirm`: the old copy is no longer needed. Repeated, it has no further effect.
    /// - Throws: ``MoveError``.
    func confirm(_ tenant: Identifier, in context: WriteContext) async throws {
        _ = try await read(tenant, in: context.scope)
        guard let last = try await repository.latest(of: tenant, kind: .move) else { throw MoveError.nothingToConfirm }
        switch last.status {
        case .open: throw MoveError.notEnded
        case .failed:
            // A move that has failed leaves nothing, but the one before it may have left an old copy.
            guard try await repository.latest(of: tenant, kind: .move, status: .succeeded) != nil else {
                throw MoveError.failed
            }
        case .succeeded: break
        }
        var writer = JSONWriter(reservingCapacity: 64)
        writer.value(["tenantId": .identifier(tenant)])
        var batch = context.batch(resource: nil)
        batch.add(
            try EventEnvelope(
                id: .v7(at: context.now), type: EventType.tenantMoveConfirmed, tenantID: tenant,
                occurredAt: context.now, trace: context.trace, data: writer.bytes))
        batch.add(AuditedCommand.statement("confirm-move", Tenant.entity.name, id: tenant, tenant: tenant))
        _ = try await pool.run(batch)
    }

    private func read(_ id: Identifier, in scope: TenantScope) async throws -> Record {
        do {
            return try await tenants.findByID(id, filter: Filter(), in: scope)
        } catch {
            if case .notFound = error { throw MoveError.tenantNotFound }
            throw error
        }
    }
}
