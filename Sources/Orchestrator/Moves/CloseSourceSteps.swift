import JSONCoding
import Primitives

/// Begins the window: the tenant can only read. Everything that follows until the switch must fit into the window.
struct CloseWritesStep: ProvisioningStep {
    static let name = "close-writes"

    let tools: MoveTools

    var name: String { Self.name }
    let needs = [ReserveTargetStep.name, SurveyTargetStep.name]

    func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
        let sites = try MoveSites(context)
        let closedAt = tools.clock.now().microseconds
        try await tools.on(sites.source) { (site) async throws(ProvisioningFailure) -> Void in
            try await site.forbidWrites()
        }
        return StepOutput(values: ["closedAt": .integer(closedAt)])
    }

    func compensate(_ context: StepContext) async throws(ProvisioningFailure) {
        guard let sites = try MoveSites(ifPresent: context) else { return }
        try await tools.on(sites.source) { (site) async throws(ProvisioningFailure) -> Void in
            try await site.open()
            try await site.allowWrites()
        }
    }
}

/// Shuts the tenant out, so that nothing changes any more while the copy is compared.
struct CloseSourceStep: ProvisioningStep {
    let tools: MoveTools

    let name = "close-source"
    let needs = [ReserveTargetStep.name]

    func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
        _ = try tools.remainingWindow(context)
        let sites = try MoveSites(context)
        try await tools.on(sites.source) { (site) async throws(ProvisioningFailure) -> Void in
            try await site.close()
        }
        return StepOutput()
    }

    func compensate(_ context: StepContext) async throws(ProvisioningFailure) {
        guard let sites = try MoveSites(ifPresent: context) else { return }
        try await tools.on(sites.source) { (site) async throws(ProvisioningFailure) -> Void in
            try await site.open()
        }
    }
}
