import PostgresClient

/// Makes the login role of a tenant with its own database.
struct CreateRoleStep: DataServerStep {
    let name = "create-role"

    func perform(
        _ context: StepContext, on tenancy: PostgresTenancy
    ) async throws(ProvisioningFailure) -> StepOutput {
        let name = try SQLName(tenantKey: context.event.tenantKey)
        let (role, _) = try await tenancy.role(name, of: context.event.tenantID)
        do {
            try await tenancy.pool.withTransaction { transaction in
                try await transaction.lockOutOtherProvisioners()
                try await role.ensure(in: transaction)
            }
        } catch {
            throw .from(error)
        }
        return StepOutput()
    }

    func compensate(_ context: StepContext, on tenancy: PostgresTenancy) async throws(ProvisioningFailure) {
        guard let survey = Survey(context), !survey.hasRole else { return }
        try await DropRoleStep.dropRole(context, tenancy)
        try await tenancy.forgetCredential(
            try SQLName(tenantKey: context.event.tenantKey), of: context.event.tenantID)
    }
}

/// Removes the login role of a tenant whose database is gone.
struct DropRoleStep: DataServerStep {
    let name = "drop-role"

    func perform(
        _ context: StepContext, on tenancy: PostgresTenancy
    ) async throws(ProvisioningFailure) -> StepOutput {
        try await Self.dropRole(context, tenancy)
        return StepOutput()
    }

    fileprivate static func dropRole(
        _ context: StepContext, _ tenancy: PostgresTenancy
    ) async throws(ProvisioningFailure) {
        let removal = TenantRoleRemoval(
            name: try SQLName(tenantKey: context.event.tenantKey), tenant: context.event.tenantID)
        do {
            try await tenancy.pool.withTransaction { transaction in
                try await transaction.lockOutOtherProvisioners()
                if try await removal.isThere(in: transaction) { try await removal.drop(in: transaction) }
            }
        } catch {
            throw .from(error)
        }
    }
}
