import PostgresClient
import Primitives

/// Removes one copy of a tenant's data: the only one of a tenant that is removed, or the one that a move has left.
struct TenantCopyRemoval: Sendable {
    /// Where the copy is.
    let placement: TenantPlacement
    let tenancy: PostgresTenancy
    /// Whether the tenant's role is needed for another copy on the same server.
    let keepsRole: Bool

    /// Removes the data, and the role with its password unless it is needed. What is gone already stays gone.
    func run() async throws(ProvisioningFailure) {
        let name = try SQLName(tenantKey: placement.tenantKey)
        let removal = TenantRoleRemoval(name: name, tenant: placement.tenant)
        do {
            let hasRole = try await removeSchema(name, removal)
            if placement.kind == .silo {
                try await TenantDatabase(name, tenant: placement.tenant, tenancy).dropAsMember()
            }
            if hasRole { try await removeRole(name, removal) }
        } catch {
            throw .from(error)
        }
        if !keepsRole { try await tenancy.forgetCredential(name, of: placement.tenant) }
    }

    /// Returns whether the tenant's role exists.
    private func removeSchema(_ name: SQLName, _ removal: TenantRoleRemoval) async throws -> Bool {
        try await tenancy.pool.withTransaction { transaction in
            try await transaction.lockOutOtherProvisioners()
            let hasRole = try await removal.isThere(in: transaction)
            // Who ends the sessions of a role must be a member of it.
            if hasRole { try await transaction.join(name) }
            guard placement.kind == .pooled else { return hasRole }
            try await transaction.run("DROP SCHEMA IF EXISTS \(name.quoted) CASCADE")
            if hasRole, keepsRole {
                let database = SQLName.quoted(placement.database)
                try await transaction.run("REVOKE ALL ON DATABASE \(database) FROM \(name.quoted)")
                try await transaction.run("ALTER ROLE \(name.quoted) IN DATABASE \(database) RESET ALL")
            }
            return hasRole
        }
    }

    private func removeRole(_ name: SQLName, _ removal: TenantRoleRemoval) async throws {
        if !keepsRole { try await removal.endSessions(on: tenancy.pool) }
        try await tenancy.pool.withTransaction { transaction in
            try await transaction.lockOutOtherProvisioners()
            guard try await removal.isThere(in: transaction) else { return }
            if keepsRole {
                try await transaction.run("REVOKE \(name.quoted) FROM CURRENT_USER")
            } else {
                try await removal.drop(in: transaction)
            }
        }
    }
}

/// Removes what moves have left of a tenant that is removed: an old copy that was kept, or a copy that was not finished.
struct DropCopiesStep: ProvisioningStep {
    let tenancy: PlacedTenancy

    let name = "drop-copies"

    func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
        let tenant = context.event.tenantID
        for role in [TenantPlacement.Role.previous, .target] {
            guard let copy = try await tenancy.find(tenant, role) else { continue }
            try await tenancy.removeCopy(copy)
        }
        return StepOutput()
    }
}

extension PlacedTenancy {
    /// Removes a copy with its place.
    func removeCopy(_ copy: TenantPlacement) async throws(ProvisioningFailure) {
        try await removeData(of: copy)
        try await placed { () async throws(PlacementFailure) in
            try await placement.remove(copy.tenant, copy.role)
        }
    }

    /// Removes the data of a copy. The tenant's role stays where another copy needs it.
    func removeData(of copy: TenantPlacement) async throws(ProvisioningFailure) {
        let places = try await placed { () async throws(PlacementFailure) in
            try await placement.findAll(copy.tenant)
        }
        let keepsRole = places.contains { $0.role != copy.role && $0.server == copy.server }
        try await on(copy) { (server) async throws(ProvisioningFailure) -> Void in
            try await TenantCopyRemoval(placement: copy, tenancy: server, keepsRole: keepsRole).run()
        }
    }
}
