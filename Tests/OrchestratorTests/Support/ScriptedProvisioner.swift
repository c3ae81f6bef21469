import JSONCoding
import Synchronization

@testable import Orchestrator

/// A provisioner of one step that follows a script and counts its calls.
final class ScriptedProvisioner: Provisioner {
    private let calls = Mutex(0)
    private let script: @Sendable (Int) async throws(ProvisioningFailure) -> ProvisioningOutcome

    static let resource = TenantResource(type: "bucket", metadata: ["bucket": "b"], externalIdentifier: "b")

    /// - Parameter script: What happens at each call, by its number from 1.
    init(
        _ script: @escaping @Sendable (Int) async throws(ProvisioningFailure) -> ProvisioningOutcome = { _ in
            .provisioned([ScriptedProvisioner.resource], appPlaneURL: nil)
        }
    ) {
        self.script = script
    }

    var count: Int { calls.withLock { $0 } }

    func plan(_ kind: WorkflowKind) throws(ProvisioningFailure) -> WorkflowPlan {
        try WorkflowPlan(kind, [Step(provisioner: self)])
    }

    private struct Step: ProvisioningStep {
        let provisioner: ScriptedProvisioner
        let name = "script"

        func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
            let number = provisioner.calls.withLock { calls in
                calls += 1
                return calls
            }
            return switch try await provisioner.script(number) {
            case .provisioned(let resources, let url): StepOutput(resources: resources, appPlaneURL: url)
            case .delegated: StepOutput(isDelegated: true)
            }
        }
    }
}

/// How a provisioner succeeded, as tests see it.
enum ProvisioningOutcome: Sendable, Hashable {
    case provisioned([TenantResource], appPlaneURL: String?)
    case delegated
}

extension Provisioner {
    /// Performs the plan of an event without recording its steps.
    func provision(_ event: ProvisioningEvent) async throws(ProvisioningFailure) -> ProvisioningOutcome {
        let output = try await plan(event.kind).performAll(event)
        return output.isDelegated ? .delegated : .provisioned(output.resources, appPlaneURL: output.appPlaneURL)
    }
}

extension WorkflowPlan {
    /// Performs all steps at once, without a record of each.
    func performAll(_ event: ProvisioningEvent) async throws(ProvisioningFailure) -> StepOutput {
        var outputs: [String: JSONObject] = [:]
        var total = StepOutput()
        for step in steps {
            let output = try await step.perform(StepContext(event: event, outputs: outputs))
            outputs[step.name] = output.values
            total.resources += output.resources
            total.appPlaneURL = output.appPlaneURL ?? total.appPlaneURL
            total.isDelegated = total.isDelegated || output.isDelegated
        }
        return total
    }
}
