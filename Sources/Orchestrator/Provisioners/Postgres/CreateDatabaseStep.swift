import JSONCoding
import PostgresClient

/// Makes the database of a silo tenant, and closes it to everybody else.
struct CreateDatabaseStep: DataServerStep {
    let name = "create-database"

    func perform(
        _ context: StepContext, on tenancy: PostgresTenancy
    ) async throws(ProvisioningFailure) -> StepOutput {
        let database = try TenantDatabase(context, tenancy)
        do {
            try await database.ensure()
            try await database.close()
        } catch {
            throw .from(error)
        }
        return StepOutput()
    }

    func compensate(_ context: StepContext, on tenancy: PostgresTenancy) async throws(ProvisioningFailure) {
        guard let survey = Survey(context), !survey.hasDatabase else { return }
        do { try await TenantDatabase(context, tenancy).drop() } catch { throw .from(error) }
    }
}

/// Removes the database of a silo tenant with everything in it.
struct DropDatabaseStep: DataServerStep {
    let name = "drop-database"

    func perform(
        _ context: StepContext, on tenancy: PostgresTenancy
    ) async throws(ProvisioningFailure) -> StepOutput {
        let database = try TenantDatabase(context, tenancy)
        do { try await database.drop() } catch { throw .from(error) }
        return StepOutput(
            resources: [
                TenantResource(
                    type: PostgresDatabaseProvisioner.name, metadata: ["database": .string(database.name.text)],
                    externalIdentifier: database.name.text)
            ])
    }
}
