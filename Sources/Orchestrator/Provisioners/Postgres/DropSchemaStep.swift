import JSONCoding
import PostgresClient

/// Removes the schema of a pooled tenant with everything in it, and its login role, in one transaction.
struct DropSchemaStep: DataServerStep {
    let name = "drop-schema"

    func perform(
        _ context: StepContext, on tenancy: PostgresTenancy
    ) async throws(ProvisioningFailure) -> StepOutput {
        let name = try SQLName(tenantKey: context.event.tenantKey)
        let removal = TenantRoleRemoval(name: name, tenant: context.event.tenantID)
        do {
            try await tenancy.pool.withTransaction { transaction in
                try await transaction.lockOutOtherProvisioners()
                let hasRole = try await removal.isThere(in: transaction)
                try await transaction.run("DROP SCHEMA IF EXISTS \(name.quoted) CASCADE")
                if hasRole { try await removal.drop(in: transaction) }
            }
        } catch {
            throw .from(error)
        }
        let database = tenancy.configuration.database
        return StepOutput(
            resources: [
                TenantResource(
                    type: PostgresSchemaProvisioner.name,
                    metadata: ["database": .string(database), "schema": .string(name.text)],
                    externalIdentifier: "\(database)/\(name)")
            ])
    }
}
