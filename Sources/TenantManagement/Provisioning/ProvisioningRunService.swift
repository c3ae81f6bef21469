import Entities
import Logging
import MessageBus
import PostgresClient
import Primitives

/// Shows runs with their timeline, and sends what operators decide about them to the orchestrator.
struct ProvisioningRunService: Sendable {
    let pool: PostgresPool
    let tenants: EntityRepository
    let runs: EntityRepository
    let repository: ProvisioningRunRepository
    let clock: any WallClock
    let logger: Logger

    /// How long the rest of a run probably takes.
    struct Estimate: Sendable {
        let remaining: Duration
        /// How many earlier runs it is the median of.
        let runs: Int
    }

    /// A part of a tenant's runs.
    struct Listing: Sendable {
        let page: Page
        /// By run; empty for a tenant's own users.
        let commands: [Identifier: [ProvisioningCommand]]
        /// By run: of those that are not over, and are like earlier ones.
        let estimates: [Identifier: Estimate]
    }

    /// `GET /tenants/{id}/provisioning`.
    /// - Throws: ``ProvisioningCommandError/tenantNotFound``.
    func list(
        of tenant: Identifier, _ filter: Filter, after cursor: PageCursor?, countsTotal: Bool, in scope: TenantScope
    ) async throws -> Listing {
        // The row of another tenant does not exist for this caller.
        if let own = scope.tenantID, own != tenant { throw ProvisioningCommandError.tenantNotFound }
        guard try await tenants.count(.equals(Entity.id, tenant), in: scope) == 1 else {
            throw ProvisioningCommandError.tenantNotFound
        }
        let page = try await runs.page(filter, after: cursor, countsTotal: countsTotal, in: scope)
        let ids = try page.records.map { try $0.id }
        // Reasons and names of operators are theirs.
        let commands =
            ProvisioningPolicy.showsCauses(to: scope) ? try await repository.commands(of: ids, in: scope) : [:]
        return Listing(page: page, commands: commands, estimates: try await estimates(for: page.records))
    }

    /// Of one tenant at most one run or two are not over.
    private func estimates(for records: RecordList) async throws -> [Identifier: Estimate] {
        var estimates: [Identifier: Estimate] = [:]
        for record in records {
            let state = try record[ProvisioningRun.state]
            guard state == .requested || state == .running, try record[ProvisioningRun.status] == 0,
                let tier = try record[ifPresent: ProvisioningRun.tier],
                let found = try await repository.medianDuration(
                    kind: try record[ProvisioningRun.kind], tier: tier)
            else { continue }
            let elapsed = try record[ifPresent: ProvisioningRun.startedOn].map { clock.now().duration(since: $0) }
            estimates[try record.id] = Estimate(
                remaining: max(.zero, found.median - max(.zero, elapsed ?? .zero)), runs: found.runs)
        }
        return estimates
    }

    /// `POST /tenants/{id}/provisioning/{command}`: stores the command and its event in one transaction. The orchestrator applies it
    /// once, or refuses it if the run has changed by then; the timeline shows which.
    /// - Parameter id: Of the command, also that of its event.
    /// - Throws: ``ProvisioningCommandError``.
    func send(
        _ kind: ProvisioningCommand.Kind, to tenant: Identifier, because reason: String, in context: WriteContext
    ) async throws -> ProvisioningCommand {
        guard try await tenants.count(.equals(Entity.id, tenant), in: context.scope) == 1 else {
            throw ProvisioningCommandError.tenantNotFound
        }
        let id = Identifier.v7(at: context.now)
        let command = try await context.withTransaction(on: pool, resource: id) { transaction in
            guard let target = try await ProvisioningRunRepository.target(of: tenant, transaction) else {
                throw ProvisioningCommandError.noRun
            }
            guard target.possible.contains(kind.rawValue) else {
                throw ProvisioningCommandError.notPossible(kind, state: target.state, possible: target.possible)
            }
            guard !target.pending.contains(kind.rawValue) else { throw ProvisioningCommandError.alreadyPending(kind) }
            guard target.commandCount < ProvisioningCommand.maximumCount else { throw ProvisioningCommandError.tooMany }
            let command = ProvisioningCommand(
                id: id, run: target.run, kind: kind, reason: reason, requestedBy: context.actor.text,
                requestedOn: context.now)
            _ = try await transaction.query(ProvisioningRunRepository.insert(command, tenant: tenant))
            _ = try await transaction.query(Outbox.insert(try command.event(tenant: tenant, trace: context.trace)))
            return command
        }
        logger.notice(
            "An operator intervenes in a run",
            metadata: [
                "tenantId": "\(tenant)", "context": "\(command.run)", "command": "\(kind.rawValue)",
                "commandId": "\(id)",
            ])
        return command
    }

    /// A command that was sent before; nil if it does not exist.
    func command(_ id: Identifier, in scope: TenantScope) async throws -> ProvisioningCommand? {
        try await repository.command(id, in: scope)
    }
}
