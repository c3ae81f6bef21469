import JSONCoding
import Synchronization

@testable import Orchestrator

/// A provisioner of several steps that keep a list of what was done, and fail as the test says.
final class ScriptedSteps: Provisioner {
    /// What a step does when it is performed or compensated.
    typealias Action = @Sendable (StepContext) async throws(ProvisioningFailure) -> StepOutput

    private struct Step: ProvisioningStep {
        let owner: ScriptedSteps
        let name: String
        let needs: [String]
        let timeout: Duration

        func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
            let action = owner.enter("+\(name)")
            return try await action?(context) ?? StepOutput(values: ["by": .string(name)])
        }

        func compensate(_ context: StepContext) async throws(ProvisioningFailure) {
            let action = owner.enter("-\(name)")
            _ = try await action?(context)
        }
    }

    private struct State {
        var log: [String] = []
        var actions: [String: Action] = [:]
    }

    private let names: [String]
    private let needs: [String: [String]]
    private let timeout: Duration
    private let state = Mutex(State())

    /// - Parameter names: Of the steps, in their order.
    init(_ names: [String], needs: [String: [String]] = [:], timeout: Duration = .seconds(300)) {
        self.names = names
        self.needs = needs
        self.timeout = timeout
    }

    /// What was begun: `+a` for the performance of step a, `-a` for its compensation.
    var log: [String] { state.withLock { $0.log } }

    /// From now on, `+a` or `-a` does this; nil for success.
    func set(_ name: String, _ action: Action?) { state.withLock { $0.actions[name] = action } }

    /// From now on, `+a` or `-a` fails.
    func fail(_ name: String, _ failure: ProvisioningFailure) {
        set(name) { _ throws(ProvisioningFailure) in throw failure }
    }

    private func enter(_ name: String) -> Action? {
        state.withLock { state in
            state.log.append(name)
            return state.actions[name]
        }
    }

    func plan(_ kind: WorkflowKind) throws(ProvisioningFailure) -> WorkflowPlan {
        try WorkflowPlan(
            kind,
            names.map { Step(owner: self, name: $0, needs: needs[$0] ?? [], timeout: timeout) })
    }
}
