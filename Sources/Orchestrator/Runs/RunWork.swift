import JSONCoding
import Primitives

/// A claimed run while this process works on it: the run, its outputs, and what is not recorded yet.
struct RunWork: Sendable {
    var run: ProvisioningRun
    let event: ProvisioningEvent
    /// What the tenant had before.
    let existing: [TenantResource]
    /// What steps have left, by name.
    var outputs: [String: StepOutput]
    /// The tier's plan, or why the tier has no plan.
    var plan: Result<WorkflowPlan, ProvisioningFailure>
    /// Name of the tier's provisioner; nil if the tier has none.
    let provisioner: String?
    var decisions: [WorkflowSnapshot.Decision]
    /// Steps that have changed since the last record.
    private(set) var changes: [Int: RunSave.Step] = [:]
    /// Whether anything has changed since the last record.
    private(set) var isChanged = false
    /// Why the last attempt did not succeed, if that is not recorded yet.
    var lastError: String?

    init(
        run: ProvisioningRun, event: ProvisioningEvent, details: RunDetails,
        plan: Result<WorkflowPlan, ProvisioningFailure>, provisioner: String?
    ) {
        self.run = run
        self.event = event
        self.plan = plan
        self.provisioner = provisioner
        existing = details.existing?.resources ?? []
        outputs = details.outputs
        decisions = details.decisions
    }

    /// What steps are performed and compensated with.
    var context: StepContext {
        StepContext(event: event, existing: existing, outputs: outputs.mapValues(\.values))
    }

    /// The implementation of a step of the workflow.
    func implementation(of step: Int) -> Result<any ProvisioningStep, ProvisioningFailure> {
        let name = run.workflow.steps[step].name
        return plan.flatMap { plan in
            plan.step(name).map { .success($0) }
                ?? .failure(.unavailable("the plan of tier \(run.tier) has no step \(name) any more"))
        }
    }

    /// Records later that the workflow has changed, and these steps.
    mutating func change(_ positions: [Int] = [], input: [UInt8]? = nil, output: [UInt8]? = nil) {
        isChanged = true
        for position in positions {
            let earlier = changes[position]
            changes[position] = RunSave.Step(
                position: position, step: run.workflow.steps[position], input: input ?? earlier?.input,
                output: output ?? earlier?.output)
        }
    }

    /// What is to be recorded now.
    mutating func save(
        _ disposition: RunSave.Disposition, isAway: Bool = false, decisions: [RunSave.Decision] = [],
        refusedStatus: Int? = nil
    ) -> RunSave {
        // The outcome is reported once: also of a run that waits for an operator, because the tenant need not wait for that.
        let phase = run.workflow.phase
        if run.callbackState == .none, phase == .succeeded || phase == .failed || phase == .stuck {
            run.callbackState = .pending
        }
        // Commands change steps, too.
        let steps = changes.values.map { change in
            RunSave.Step(
                position: change.position, step: run.workflow.steps[change.position], input: change.input,
                output: change.output)
        }
        changes = [:]
        isChanged = false
        // An outage lasts until an attempt ends otherwise: that it is tried again does not end it.
        let isWaiting = run.outage > .zero
        defer { lastError = nil }
        return RunSave(
            run: run, steps: steps.sorted { $0.position < $1.position }, provisioner: provisioner,
            lastError: lastError, isAway: isAway || isWaiting, decisions: decisions, refusedStatus: refusedStatus,
            disposition: disposition)
    }

    /// How far the run is, as tenant management shows it.
    var snapshot: WorkflowSnapshot {
        WorkflowSnapshot(
            context: run.context, version: run.version, kind: run.kind, tier: run.tier, workflow: run.workflow,
            decisions: decisions)
    }
}
