import Billing
import JSONCoding
import PostgresClient
import Primitives
import WorkQueue

/// A running repricing, claimed by this process: one batch of subscriptions at a time.
struct RepricingWork: LeasedItem {
    let handle: RowClaim
    let plan: Identifier
    let version: Identifier
    let isDryRun: Bool
    /// As the API shows them.
    let prices: JSONValue
    /// The last subscription that was looked at.
    let cursor: Identifier?
    let failures: Int

    var repricing: Identifier { handle.row }
    var description: WorkDescription {
        WorkDescription(
            queue: RepricingStore.queue, kind: isDryRun ? "dry run" : "repricing", id: repricing.description,
            attempt: failures + 1)
    }
}
