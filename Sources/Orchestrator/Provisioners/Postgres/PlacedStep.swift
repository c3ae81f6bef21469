import JSONCoding

/// A step that works where the tenant was placed, and in the way that its place asks for: a tenant that was moved into a
/// database of its own stays there although its tier has schemas, and the other way round.
struct PlacedStep: ProvisioningStep {
    let name: String
    let needs: [String]
    let tenancy: PlacedTenancy
    private let pooled: [any DataServerStep]
    private let silo: [any DataServerStep]

    /// - Parameters:
    ///   - pooled: What is done, in this order, for a tenant with a schema in the shared database.
    ///   - silo: What is done for a tenant with its own database.
    init(
        _ name: String, _ tenancy: PlacedTenancy, needs: [String] = [], pooled: [any DataServerStep],
        silo: [any DataServerStep]
    ) {
        self.name = name
        self.needs = needs
        self.tenancy = tenancy
        self.pooled = pooled
        self.silo = silo
    }

    /// Does the same for both kinds, under the name of the step.
    init(_ step: any DataServerStep, _ tenancy: PlacedTenancy, needs: [String] = []) {
        self.init(step.name, tenancy, needs: needs, pooled: [step], silo: [step])
    }

    func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
        guard let placement = try await placement(context) else { return StepOutput() }
        return try await tenancy.on(placement) { (server) async throws(ProvisioningFailure) -> StepOutput in
            var output = StepOutput()
            for step in steps(placement.kind) {
                let part = try await step.perform(context, on: server)
                for (name, value) in part.values { output.values[name] = value }
                output.resources += part.resources
            }
            return output
        }
    }

    func compensate(_ context: StepContext) async throws(ProvisioningFailure) {
        guard let placement = try await tenancy.find(context.event.tenantID) else { return }
        try await tenancy.on(placement) { (server) async throws(ProvisioningFailure) -> Void in
            for step in steps(placement.kind).reversed() { try await step.compensate(context, on: server) }
        }
    }

    /// Nil for a tenant without a place, which has nothing that could be removed.
    private func placement(_ context: StepContext) async throws(ProvisioningFailure) -> TenantPlacement? {
        if let placement = try await tenancy.find(context.event.tenantID) { return placement }
        guard context.event.kind == .deprovision else {
            throw .permanent("the tenant has no data server any more; provision it again")
        }
        return nil
    }

    /// What is done for a place of that kind.
    func steps(_ kind: TenantPlacement.Kind) -> [any DataServerStep] {
        switch kind {
        case .pooled: pooled
        case .silo: silo
        }
    }
}
