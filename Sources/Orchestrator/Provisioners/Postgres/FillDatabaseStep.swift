import PostgresClient

/// Enters the new database of a silo tenant for a moment, and makes the schema in it.
struct FillDatabaseStep: DataServerStep {
    let name = "fill-database"

    func perform(
        _ context: StepContext, on tenancy: PostgresTenancy
    ) async throws(ProvisioningFailure) -> StepOutput {
        let name = try SQLName(tenantKey: context.event.tenantKey)
        let (_, secretRef) = try await tenancy.role(name, for: context.event)
        do { try await fill(name, on: tenancy) } catch { throw .from(error) }
        let resource = tenancy.resource(
            type: PostgresDatabaseProvisioner.name, name: name, database: name.text, secretRef: secretRef,
            externalIdentifier: name.text)
        return StepOutput(resources: [resource])
    }

    private func fill(_ name: SQLName, on tenancy: PostgresTenancy) async throws {
        var configuration = tenancy.configuration
        configuration.database = name.text
        configuration.maximumConnections = 1
        let pool = PostgresPool(configuration: configuration, logger: tenancy.credentials.logger)
        do {
            try await pool.withTransaction { transaction in
                try await transaction.lockOutOtherProvisioners()
                try await tenancy.ensureSchema(name, database: name.text, in: transaction)
            }
        } catch {
            await pool.shutdown()
            throw error
        }
        await pool.shutdown()
    }
}
