import Entities
import Logging
import PostgresClient
import Primitives
import ServiceKit

/// Suspends tenants and lets them return. Reasons add up: a tenant returns when none is left.
struct SuspensionService: Sendable {
    let pool: PostgresPool
    let cache: EntityCache

    /// A tenant after a request.
    struct Standing: Sendable {
        let tenant: Identifier
        let status: Tenant.Status
        /// The reasons that hold, the oldest first.
        let reasons: [TenantSuspension.Reason]
        /// Whether the request has changed something.
        let isChanged: Bool
    }

    /// `POST /tenants/{id}/suspend`: adds a reason. One that holds already has no further effect.
    /// - Throws: ``TenantStateError``.
    func suspend(
        _ tenant: Identifier, for reason: TenantSuspension.Reason, note: String?, in context: WriteContext
    ) async throws -> Standing {
        try await change(tenant, in: context) { transaction, locked in
            let legal = TenantTransition.sources(of: .inactive, by: .suspension) + [.inactive]
            guard let status = locked.status, legal.contains(status) else {
                throw TenantStateError.illegal(from: locked.status, to: .inactive, cause: .suspension)
            }
            let before = try await SuspensionRepository.openReasons(of: tenant, transaction)
            if status == .inactive, before.isEmpty { throw TenantStateError.offboarded }
            guard !before.contains(reason) else {
                return Change(status: status, reasons: before, isChanged: false, version: nil)
            }
            _ = try await transaction.query(
                SuspensionRepository.begin(reason, note: note, of: tenant, from: status, in: context))
            var version: Int64?
            if status != .inactive { version = try await move(tenant, to: .inactive, in: context, transaction) }
            return Change(status: .inactive, reasons: before + [reason], isChanged: true, version: version)
        }
    }

    /// `POST /tenants/{id}/reactivate`: removes a reason. The tenant returns to its former status when none is left. A reason
    /// that does not hold has no effect.
    /// - Parameter ofActorOnly: Whether a reason that somebody else has given stays.
    /// - Throws: ``TenantStateError``.
    func reactivate(
        _ tenant: Identifier, from reason: TenantSuspension.Reason, note: String?, ofActorOnly: Bool = false,
        in context: WriteContext
    ) async throws -> Standing {
        try await change(tenant, in: context) { transaction, locked in
            let before = try await SuspensionRepository.openReasons(of: tenant, transaction)
            guard let status = locked.status, status == .inactive || before.isEmpty else {
                throw TenantStateError.illegal(from: locked.status, to: .active, cause: .reactivation)
            }
            guard before.contains(reason) else {
                return Change(status: status, reasons: before, isChanged: false, version: nil)
            }
            if ofActorOnly,
                try await transaction.query(SuspensionRepository.given(reason, of: tenant, in: context)).first == nil
            {
                return Change(status: status, reasons: before, isChanged: false, version: nil)
            }
            _ = try await transaction.query(
                SuspensionRepository.end(reason, note: note, of: tenant, in: context))
            let left = before.filter { $0 != reason }
            guard left.isEmpty else {
                return Change(status: status, reasons: left, isChanged: true, version: nil)
            }
            let former = try await SuspensionRepository.statusBefore(tenant, transaction) ?? .active
            // Its provisioning has gone on without it: its report was rejected.
            let goal = former == .provisioning ? .provisionFailed : former
            let version = try await move(tenant, to: goal, in: context, transaction)
            return Change(status: goal, reasons: [], isChanged: true, version: version)
        }
    }

    /// The reasons that hold now, for the response of a request whose effect was committed before.
    func standing(of tenant: Identifier, in context: WriteContext) async throws -> Standing {
        try await change(tenant, in: context) { transaction, locked in
            guard let status = locked.status else {
                throw TenantStateError.illegal(from: nil, to: nil, cause: .suspension)
            }
            return Change(
                status: status, reasons: try await SuspensionRepository.openReasons(of: tenant, transaction),
                isChanged: true, version: nil)
        }
    }

    private struct Change: Sendable {
        let status: Tenant.Status
        let reasons: [TenantSuspension.Reason]
        let isChanged: Bool
        /// The new version of the tenant; nil if its row stays as it is.
        let version: Int64?
    }

    /// A transaction that has locked the tenant.
    private func change(
        _ tenant: Identifier, in context: WriteContext,
        _ body: (PostgresTransaction, SuspensionRepository.LockedTenant) async throws -> Change
    ) async throws -> Standing {
        let change: Change
        do {
            change = try await cache.observing(tenant) {
                try await context.withTransaction(on: pool, resource: tenant) { transaction in
                    guard let locked = try await SuspensionRepository.lock(tenant, transaction) else {
                        throw TenantStateError.tenantNotFound
                    }
                    return try await body(transaction, locked)
                }
            }
        } catch {
            throw TenantStateError.meaning(of: error)
        }
        if let version = change.version { await cache.invalidate([RowVersion(id: tenant, version: version)]) }
        return Standing(
            tenant: tenant, status: change.status, reasons: change.reasons, isChanged: change.isChanged)
    }

    private func move(
        _ tenant: Identifier, to status: Tenant.Status, in context: WriteContext, _ transaction: PostgresTransaction
    ) async throws -> Int64? {
        try await transaction.query(SuspensionRepository.move(tenant, to: status, in: context)).first?.int64(0)
    }
}
