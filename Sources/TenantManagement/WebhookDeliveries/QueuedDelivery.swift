import Logging
import Primitives
import WorkQueue

/// A delivery that is claimed by this process.
struct QueuedDelivery: LeasedItem {
    let handle: RowClaim
    let endpoint: Identifier
    /// The tenant that owns the endpoint; nil: the operator.
    let owner: Identifier?
    let eventType: String
    let body: [UInt8]
    /// Failed attempts in a row, since the last replay.
    let failures: Int
    let url: String
    let host: String
    /// How long the endpoint has only failed; nil: its last attempt has succeeded.
    let failingFor: Duration?
    let keys: [WebhookKey]
    /// Where the event happened.
    let trace: TraceContext?

    var id: Identifier { handle.row }
    var description: WorkDescription {
        WorkDescription(
            queue: "webhooks", kind: eventType, id: id.description, attempt: failures + 1,
            trace: trace, metadata: ["endpointId": "\(endpoint)"])
    }
    /// A slow receiver, and a tenant with many of them, occupies some places only.
    var bulkheads: [String] { ["host:\(host)"] + (owner.map { ["tenant:\($0)"] } ?? []) }
}
