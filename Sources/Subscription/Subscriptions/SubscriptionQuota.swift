import Billing
import Entities
import PostgresClient
import Primitives

/// How many live subscriptions a tenant may have: PENDING, or ACTIVE and not over.
///
/// The general limit counts all of a tenant's live subscriptions. It does not apply to a plan with
/// its own limit: there the tenant's live subscriptions to this plan are counted against the plan's limit.
struct SubscriptionQuota: Sendable, Hashable {
    /// For all of a tenant's subscriptions.
    let general: Int
    /// For a tenant's subscriptions to the plan.
    let plan: Int?

    /// The limit that holds.
    var limit: Int { plan ?? general }

    /// The statement that takes a place until the end of its transaction, under a lock on the tenant, or fails. It comes before
    /// the statement that fills the place.
    /// - Parameters:
    ///   - today: The day on which what has ended takes no place any more.
    ///   - changed: The subscription that is to have the place, where there is one already.
    func reservation(
        tenant: Identifier, plan planID: Identifier, on today: CalendarDate, changing changed: Identifier? = nil
    ) -> BoundStatement {
        BoundStatement(
            "SELECT main.reserve_subscription($1, $2, $3, $4, $5, $6)",
            [
                .identifier(tenant), .identifier(planID), .int32(Int32(clamping: general)),
                .optional(plan) { .int32(Int32(clamping: $0)) }, .text(today.description),
                .optional(changed) { .identifier($0) },
            ])
    }

    /// The statement that takes the lock of a tenant's quota until the end of its transaction: for those who take other locks before
    /// they know whether they need a place. It is that of `main.reserve_subscription`.
    static func lock(of tenant: Identifier) -> BoundStatement {
        BoundStatement("SELECT pg_advisory_xact_lock(1937072497, uuid_hash($1::uuid))", [.identifier(tenant)])
    }

    /// Whether a transaction failed because no place was left.
    static func isExhausted(_ error: PostgresError) -> Bool { error.sqlState == exhausted }

    /// SQLSTATE of `main.reserve_subscription` when no place is left.
    static let exhausted: SQLState = "ARC01"
}
