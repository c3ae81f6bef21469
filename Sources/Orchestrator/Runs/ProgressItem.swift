import Logging
import Primitives
import WorkQueue

/// A run whose progress is to be reported, claimed by this process.
struct ProgressItem: LeasedItem {
    let handle: RowClaim
    let tenantID: Identifier
    let context: String
    let kind: WorkflowKind
    let tier: String
    let phase: WorkflowPhase
    let reason: String?
    let version: Int64
    /// What signs the report; nil if it was erased.
    let sealedSecret: [UInt8]?
    let trace: TraceContext?
    /// Attempts in a row that were not delivered.
    let failures: Int

    /// The run's id.
    var run: Identifier { handle.row }
    var description: WorkDescription {
        WorkDescription(
            queue: "progress", kind: kind.rawValue, id: run.description, attempt: failures + 1,
            trace: trace, metadata: ["tenantId": "\(tenantID)", "context": "\(context)"])
    }
}

/// What became of a progress report.
enum ProgressOutcome: Sendable {
    /// Tenant management has it.
    case delivered
    /// It is tried again after a time.
    case postponed(Duration)
    /// It cannot be signed, or tenant management does not accept it: it is not tried again.
    case dropped
}
