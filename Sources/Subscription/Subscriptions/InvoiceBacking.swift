import Billing
import Entities
import PostgresClient
import Primitives

/// Decides whether an invoice may back a subscription (docs/authorization.md). New subscriptions, changed ones and restored ones ask
/// here and nowhere else.
///
/// The invoice must belong to the subscriber, back no other subscription, and bill this plan and the plan's price for one period, in
/// its currency. Invoices of the original have neither amounts nor lines; they may back a subscription to any plan.
struct InvoiceBacking: Sendable {
    let invoice: Identifier
    let subscription: Identifier
    let subscriber: Identifier
    let plan: Identifier
    /// The plan's price for one period.
    let price: Money

    /// The statements of a check, by their index in the batch, with the error if they fail.
    struct Check: Sendable {
        fileprivate var refusals: [Int: any Error] = [:]

        /// The reason why the invoice may not back the subscription; nil if the transaction failed for another reason.
        func refusal(for error: PostgresError) -> (any Error)? {
            guard error.isGuardViolation else { return nil }
            return error.statementIndex.flatMap { refusals[$0] }
        }
    }

    /// Adds the statements that fail unless the invoice may back the subscription. The result stays true until the end of the
    /// transaction, because the first one locks the invoice.
    func check(in batch: inout PostgresBatch) -> Check {
        batch.add(BoundStatement(Self.locking, [.identifier(invoice)]))
        var check = Check()
        let owner = batch.add(BoundStatement(Self.checkingOwner, [.identifier(invoice), .identifier(subscriber)]))
        check.refusals[owner] = RepositoryError.relatedNotFound(
            detail: "Key (invoice_id)=(\(invoice)) is not present in table \"invoice\".")
        let use = batch.add(
            BoundStatement(Self.checkingUse, [.identifier(invoice), .identifier(subscription), .identifier(plan)]))
        check.refusals[use] = SubscriptionError.invoiceInUse
        let total = batch.add(
            BoundStatement(
                Self.checkingTotal, [.identifier(invoice), .int64(price.minorUnits), .text(price.currency.code)]))
        check.refusals[total] = SubscriptionError.invoiceMismatch(
            "must be an invoice over the plan's price for one period, \(price)")
        return check
    }

    private static let locking: PostgresStatement = "SELECT 1 FROM main.invoice WHERE id = $1 FOR UPDATE"

    private static let checkingOwner: PostgresStatement = """
        SELECT 1 / (CASE WHEN EXISTS (
            SELECT FROM main.invoice WHERE id = $1 AND NOT deleted AND (tenant_id IS NULL OR tenant_id = $2)
        ) THEN 1 ELSE 0 END)
        """

    /// An invoice that was drafted with a subscription backs no other one, even if the first was deleted.
    private static let checkingUse = PostgresStatement(
        """
        SELECT 1 / (CASE WHEN EXISTS (\(others("$1", than: "$2")))
            OR EXISTS (SELECT FROM main.invoice WHERE id = $1 AND subscription_id <> $2)
            OR EXISTS (SELECT FROM main.invoice_lines WHERE invoice_id = $1 AND plan_id <> $3 AND NOT deleted)
            THEN 0 ELSE 1 END)
        """)

    private static let checkingTotal: PostgresStatement = """
        SELECT 1 / (CASE WHEN EXISTS (
            SELECT FROM main.invoice
            WHERE id = $1 AND total IS NOT NULL AND (total <> $2 OR currency_code IS DISTINCT FROM $3)
        ) THEN 0 ELSE 1 END)
        """

    /// The subscriptions other than one that an invoice backs.
    private static func others(_ invoice: String, than subscription: String) -> String {
        """
        SELECT FROM main.subscriptions AS other
        WHERE other.invoice_id = \(invoice) AND other.id <> \(subscription) AND NOT other.deleted
        """
    }

    // MARK: Restored subscriptions

    /// The statements that fail (`isGuardViolation`) if the invoice of a subscription that was just restored backs another one by
    /// now. What the invoice bills was checked when the subscription got it.
    static func check(ofRestored subscription: Identifier) -> [BoundStatement] {
        [lockingRestored, checkingRestored].map { BoundStatement($0, [.identifier(subscription)]) }
    }

    private static let restored = "(SELECT invoice_id FROM main.subscriptions WHERE id = $1)"

    private static let lockingRestored = PostgresStatement(
        "SELECT 1 FROM main.invoice WHERE id = \(restored) FOR UPDATE")

    private static let checkingRestored = PostgresStatement(
        "SELECT 1 / (CASE WHEN EXISTS (\(others(restored, than: "$1"))) THEN 0 ELSE 1 END)")

    /// Whether the invoice of a deleted subscription backs another one.
    static func isTaken(
        ofDeleted subscription: Identifier, in scope: TenantScope, on pool: PostgresPool
    ) async throws(PostgresError) -> Bool {
        let result = try await pool.query(
            asking, [.identifier(subscription)], settings: scope.settings, as: .read)
        return try result.first?.bool(0) ?? false
    }

    private static let asking = PostgresStatement(
        """
        SELECT deleted AND EXISTS (\(others("row.invoice_id", than: "row.id"))) FROM main.subscriptions AS row WHERE id = $1
        """)
}
