import Logging
import Primitives
import WorkQueue

/// How far the callback of a run is.
package enum CallbackState: String, Sendable {
    /// No callback: it is too early, or a pipeline sends it.
    case none
    /// To be delivered.
    case pending
    /// Accepted by tenant management.
    case delivered
    /// Finally refused by tenant management: somebody has to look.
    case refused
}

/// A run that is claimed by this process: a workflow for one tenant.
struct ProvisioningRun: LeasedItem {
    let handle: RowClaim
    let kind: WorkflowKind
    let eventID: Identifier
    let tenantID: Identifier
    let tenantKey: String
    let context: String
    /// For a removal or a move at first what the event says, then by what the tenant was provisioned.
    var tier: String
    var planSize: String
    let trace: TraceContext?
    let sealedEvent: [UInt8]?
    /// Its steps are read when it is worked on.
    var workflow: Workflow
    /// Attempts at all steps that ended, well or not. Those that a crash cut short, and those that found a dependency
    /// away, do not count.
    var attempts: Int
    var resources: [TenantResource]
    var appPlaneURL: String?
    var callbackState: CallbackState
    var callbackAttempts: Int
    /// How long ago the run was requested.
    let age: Duration
    /// How long a dependency of the current step has been away; zero when the last attempt did not fail for that reason.
    var outage: Duration
    /// Whether an operator has decided something that is not applied yet.
    var hasCommands: Bool
    /// Grows with every record.
    var version: Int64
    /// What the run shares with others: its tier and the host of its pipeline.
    var bulkheads: [String] = []

    var id: Identifier { handle.row }
    var failures: Int { attempts }
    var description: WorkDescription {
        WorkDescription(
            queue: "provisioning", kind: tier, id: id.description, attempt: attempts + 1,
            trace: trace,
            metadata: ["tenantId": "\(tenantID)", "context": "\(context)", "kind": "\(kind.rawValue)"])
    }
}
