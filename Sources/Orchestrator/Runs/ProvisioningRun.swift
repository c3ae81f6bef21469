import Primitives

/// How far the resources of a run are.
package enum ProvisioningState: String, Sendable {
    /// Not made yet.
    case pending
    /// Made.
    case provisioned
    /// Handed to a pipeline, which calls back itself.
    case delegated
    /// Given up on.
    case failed
}

/// How far the call-back of a run is.
package enum CallbackState: String, Sendable {
    /// There is none: not yet, or a pipeline does it.
    case none
    /// To be delivered.
    case pending
    /// Accepted by tenant management.
    case delivered
    /// Finally refused by tenant management: somebody has to look.
    case refused
}

/// A run that is claimed by this process.
struct ProvisioningRun: Sendable {
    let id: Identifier
    let eventId: Identifier
    let tenantId: Identifier
    let tenantKey: String
    let context: String
    let tier: String
    let trace: TraceContext?
    let sealedEvent: [UInt8]?
    /// Under which the run belongs to this process.
    let claim: Identifier
    var state: ProvisioningState
    /// Provisioning attempts that ended, well or not; those that a crash cut short do not count.
    var attempts: Int
    var resources: [UInt8]?
    var appPlaneURL: String?
    var callbackState: CallbackState
    var callbackAttempts: Int
}
