/// What a step does on the data server of a tenant. ``PlacedStep`` makes a step of a workflow of it.
protocol DataServerStep: Sendable {
    var name: String { get }

    /// As ``ProvisioningStep/perform(_:)``, on the tenant's server.
    func perform(
        _ context: StepContext, on tenancy: PostgresTenancy
    ) async throws(ProvisioningFailure) -> StepOutput

    /// As ``ProvisioningStep/compensate(_:)``, on the tenant's server.
    func compensate(_ context: StepContext, on tenancy: PostgresTenancy) async throws(ProvisioningFailure)
}

extension DataServerStep {
    func compensate(_ context: StepContext, on tenancy: PostgresTenancy) async throws(ProvisioningFailure) {}
}
