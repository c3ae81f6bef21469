import Logging
import Primitives
import WorkQueue

/// How far the resources of a run are.
package enum ProvisioningState: String, Sendable {
    /// Not made yet.
    case pending
    /// Made.
    case provisioned
    /// Handed to a pipeline, which calls back itself.
    case delegated
    /// Given up.
    case failed
}

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

/// A run that is claimed by this process.
struct ProvisioningRun: LeasedItem {
    struct Handle: Hashable, Sendable {
        let run: Identifier
        let claim: Identifier
    }

    let handle: Handle
    let eventID: Identifier
    let tenantID: Identifier
    let tenantKey: String
    let context: String
    let tier: String
    let trace: TraceContext?
    let sealedEvent: [UInt8]?
    var state: ProvisioningState
    /// Provisioning attempts that ended, well or not. Those that a crash cut short, and those that found a dependency
    /// away, do not count.
    var attempts: Int
    var resources: [TenantResource]
    var appPlaneURL: String?
    var callbackState: CallbackState
    var callbackAttempts: Int
    /// How long ago the run was requested.
    let age: Duration
    /// How long a dependency of the provisioner has been away; zero when the last attempt did not fail for that reason.
    let outage: Duration
    /// What the run shares with others: its tier and the host of its pipeline.
    var bulkheads: [String] = []

    var id: Identifier { handle.run }
    var failures: Int { attempts }
    var description: WorkDescription {
        WorkDescription(
            queue: "provisioning", kind: tier, id: id.description, attempt: attempts + 1,
            traceparent: trace?.traceparent,
            metadata: ["tenantId": "\(tenantID)", "context": "\(context)"])
    }
}
