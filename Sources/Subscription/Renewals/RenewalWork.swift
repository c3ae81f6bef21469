import Logging
import PostgresClient
import Primitives
import WorkQueue

/// A subscription of which something is due, claimed by this process.
struct RenewalWork: LeasedItem {
    let handle: RowClaim
    let tenant: Identifier
    let failures: Int
    /// What time it is for the tenant, by the database's clock or by a test clock.
    let now: Timestamp

    var subscription: Identifier { handle.row }
    var description: WorkDescription {
        WorkDescription(
            queue: RenewalStore.queue, kind: "subscription", id: subscription.description, attempt: failures + 1,
            metadata: ["tenantId": "\(tenant)"])
    }
}
