import CoreMetrics
import Primitives

/// Measures the steps of workflows, and counts how workflows end.
struct WorkflowMetrics: Sendable {
    private let factory: any MetricsFactory

    init(factory: any MetricsFactory = MetricsSystem.factory) { self.factory = factory }

    /// Runs an attempt at a step and measures it.
    func measuring<Value: Sendable>(
        _ run: ProvisioningRun, step: String, _ attempt: () async -> StepAttempt.End<Value>
    ) async -> StepAttempt.End<Value> {
        let start = ContinuousClock.now
        let end = await attempt()
        let outcome =
            switch end {
            case .succeeded: "succeeded"
            case .failed: "failed"
            case .interrupted: "interrupted"
            }
        Timer(
            label: "arc_workflow_step_duration_seconds",
            dimensions: [("workflow", run.kind.rawValue), ("step", step), ("outcome", outcome)], factory: factory
        ).recordNanoseconds((ContinuousClock.now - start).nanoseconds)
        return end
    }

    /// Counts a workflow whose outcome is certain.
    func ended(_ run: ProvisioningRun, succeeded: Bool) {
        Counter(
            label: "arc_workflow_runs_total",
            dimensions: [("workflow", run.kind.rawValue), ("outcome", succeeded ? "succeeded" : "failed")],
            factory: factory
        ).increment()
    }
}
