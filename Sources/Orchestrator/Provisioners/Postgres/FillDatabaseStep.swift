/// Enters the new database of a silo tenant for a moment, and makes the schema in it.
struct FillDatabaseStep: DataServerStep {
    let name = "fill-database"

    func perform(
        _ context: StepContext, on tenancy: PostgresTenancy
    ) async throws(ProvisioningFailure) -> StepOutput {
        let name = try SQLName(tenantKey: context.event.tenantKey)
        let (_, secretRef) = try await tenancy.role(name, for: context.event)
        do { try await tenancy.fill(name.text, with: name) } catch { throw .from(error) }
        let resource = tenancy.resource(
            type: PostgresDatabaseProvisioner.name, name: name, database: name.text, secretRef: secretRef,
            externalIdentifier: name.text)
        return StepOutput(resources: [resource])
    }
}
