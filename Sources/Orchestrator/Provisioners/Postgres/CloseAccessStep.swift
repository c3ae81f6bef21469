import PostgresClient

/// Shuts a tenant's login role out, before anything of the tenant is removed. A removal that is given up lets it in again.
struct CloseAccessStep: DataServerStep {
    let name = "close-access"

    func perform(
        _ context: StepContext, on tenancy: PostgresTenancy
    ) async throws(ProvisioningFailure) -> StepOutput {
        let removal = try removal(context)
        do {
            let hasRole = try await tenancy.pool.withTransaction { transaction in
                try await transaction.lockOutOtherProvisioners()
                let hasRole = try await removal.isThere(in: transaction)
                if hasRole { try await removal.close(in: transaction) }
                return hasRole
            }
            // After the commit, when nobody can log in any more.
            if hasRole { try await removal.endSessions(on: tenancy.pool) }
        } catch {
            throw .from(error)
        }
        return StepOutput()
    }

    func compensate(_ context: StepContext, on tenancy: PostgresTenancy) async throws(ProvisioningFailure) {
        let removal = try removal(context)
        do {
            try await tenancy.pool.withTransaction { transaction in
                try await transaction.lockOutOtherProvisioners()
                if try await removal.isThere(in: transaction) { try await removal.open(in: transaction) }
            }
        } catch {
            throw .from(error)
        }
    }

    private func removal(_ context: StepContext) throws(ProvisioningFailure) -> TenantRoleRemoval {
        TenantRoleRemoval(
            name: try SQLName(tenantKey: context.event.tenantKey), tenant: context.event.tenantID)
    }
}
