import Logging
import Primitives
import WorkQueue

/// The copy of a tenant's data that a move has left, claimed by this process to be removed.
struct OldCopy: LeasedItem {
    let handle: RowClaim
    let placement: TenantPlacement
    let failures: Int

    var tenant: Identifier { handle.row }
    var description: WorkDescription {
        WorkDescription(
            queue: "old-copies", kind: placement.kind.rawValue, id: "\(tenant)", attempt: failures + 1,
            metadata: ["tenantId": "\(tenant)", "server": "\(placement.server)"])
    }

    /// A server that is away holds up only its own copies.
    var bulkheads: [String] { ["server:\(placement.server)"] }
}
