/// Enters the new database of a silo tenant for a moment, and makes the schema in it.
struct FillDatabaseStep: DataServerStep {
    let name = "fill-database"

    func perform(
        _ context: StepContext, on tenancy: PostgresTenancy
    ) async throws(ProvisioningFailure) -> StepOutput {
        let name = try SQLName(tenantKey: context.event.tenantKey)
        let credential = try await tenancy.credential(name, of: context.event.tenantID)
        do { try await tenancy.fill(name.text, with: name) } catch { throw .from(error) }
        let resource = tenancy.resource(
            type: PostgresDatabaseProvisioner.name, name: name, database: name.text,
            secretRef: credential.reference, externalIdentifier: name.text)
        return StepOutput(resources: [resource])
    }
}
