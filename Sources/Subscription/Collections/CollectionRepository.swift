import Billing
import Entities
import PostgresClient
import Primitives
import WorkQueue

/// SQL of collecting invoices, for transactions that lock in the order subscription, invoice, collection.
struct CollectionRepository: Sendable {
    let pool: PostgresPool

    /// The collection of an invoice with what rules need of the invoice.
    struct Row: Sendable {
        let invoice: Identifier
        let tenant: Identifier
        let subscription: Identifier?
        let method: CollectionMethod
        let state: InvoiceCollection.State
        let failures: Int
        let plannedOn: Timestamp?
        let isExtra: Bool
        let isPaused: Bool
        let attempt: Int
        /// A payment whose outcome is not known.
        let pending: Pending?
        let number: String?
        let dueOn: String?
        /// What is to be paid.
        let due: Money?
        let isOpen: Bool
    }

    /// A payment whose outcome is not known.
    struct Pending: Sendable {
        let startedOn: Timestamp
        let source: String?
        let amount: Int64
    }

    /// Reads a collection; nil if nobody collects the invoice, or for another tenant's caller.
    func read(_ invoice: Identifier, in scope: TenantScope) async throws -> Row? {
        try await pool.query(Self.reading, [.identifier(invoice)], settings: scope.settings, as: .write).first
            .map(Row.init)
    }

    /// Reads a collection in a transaction that has locked what belongs to it.
    func read(_ invoice: Identifier, _ transaction: PostgresTransaction) async throws -> Row? {
        try await transaction.query(Self.reading, [.identifier(invoice)]).first.map(Row.init)
    }

    private static let reading: PostgresStatement = """
        SELECT held.id, held.tenant_id, held.subscription_id, held.method, held.state, held.failures, held.planned_on, held.is_extra,
            held.paused_on IS NOT NULL, held.attempt, held.attempted_on, held.source_id, held.amount, invoice.number, invoice.due_on,
            invoice.total - coalesce(invoice.credited, 0), invoice.currency_code,
            main.invoice_stage(invoice.number, invoice.invoice_status, invoice.deleted) = 'open'
        FROM main.invoice_collections AS held JOIN main.invoice ON invoice.id = held.id WHERE held.id = $1
        """

    /// The statements that lock an invoice, its subscription and its collection, in this order of all.
    static func locks(of row: Row) -> [BoundStatement] {
        [
            BoundStatement(lockingSubscription, [.optional(row.subscription) { .identifier($0) }]),
            BoundStatement(lockingInvoice, [.identifier(row.invoice)]),
            BoundStatement(lockingCollection, [.identifier(row.invoice)]),
        ]
    }

    private static let lockingSubscription: PostgresStatement =
        "SELECT id FROM main.subscriptions WHERE id = $1 FOR UPDATE"
    private static let lockingInvoice: PostgresStatement = "SELECT id FROM main.invoice WHERE id = $1 FOR UPDATE"
    private static let lockingCollection: PostgresStatement =
        "SELECT id FROM main.invoice_collections WHERE id = $1 FOR UPDATE"

    /// Whether a claim still holds, in a transaction that has locked the collection.
    func isHeld(_ claim: RowClaim, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.query(Self.holding, claim.values).first != nil
    }

    private static let holding: PostgresStatement =
        "SELECT id FROM main.invoice_collections WHERE id = $1 AND claim = $2"

    /// The provider's ids of a tenant and of the way to pay that it has named last; nil if it is no customer.
    func payer(
        _ tenant: Identifier, _ transaction: PostgresTransaction
    ) async throws -> (customer: String, source: String?)? {
        guard let row = try await transaction.query(Self.findingPayer, [.text(tenant.description)]).first else {
            return nil
        }
        return (customer: try row.text(0), source: try row.textIfPresent(1))
    }

    private static let findingPayer: PostgresStatement = """
        SELECT customer_id, payment_source_id FROM main.billing_customer WHERE tenant_id = $1 AND NOT deleted
        """

    // MARK: Steps

    /// The statement that records that a payment begins, and keeps others away from it for a while.
    /// - Parameter isExtra: Whether it is no step of the schedule, whatever was due.
    static func begin(
        _ row: Row, by source: String, isExtra: Bool, at instant: Timestamp, lease: Duration
    ) -> BoundStatement {
        BoundStatement(
            beginning,
            [
                .identifier(row.invoice), .timestamp(instant), .text(source), .int64(row.due?.minorUnits ?? 0),
                .microseconds(lease), .bool(isExtra),
            ])
    }

    private static let beginning: PostgresStatement = """
        UPDATE main.invoice_collections
        SET attempt = attempt + 1, attempted_on = $2, source_id = $3, amount = $4, is_extra = is_extra OR $6,
            due_at = CASE WHEN claim IS NULL THEN now() + $5 * interval '1 microsecond' ELSE due_at END
        WHERE id = $1 AND attempted_on IS NULL
        """

    /// The statement that gives what is paid to the trigger of invoices, which refuses everybody else meanwhile.
    static func collecting(_ invoice: Identifier) -> BoundStatement {
        BoundStatement(settingInvoice, [.text(invoice.description)])
    }

    private static let settingInvoice: PostgresStatement = "SELECT set_config('app.collecting', $1, true)"

    /// The statement that records a step and what is due next. It ends the payment that was under way, and the claim.
    static func step(
        _ row: Row, to state: InvoiceCollection.State, failures: Int, nextDue: Timestamp?, planned: Timestamp?,
        code: String?
    ) -> BoundStatement {
        BoundStatement(
            stepping,
            [
                .identifier(row.invoice), .text(state.rawValue), .int32(Int32(clamping: failures)),
                .optional(nextDue) { .timestamp($0) }, .optional(planned) { .timestamp($0) },
                .optional(code) { .text($0.prefix(scalars: 100)) },
            ])
    }

    private static let stepping: PostgresStatement = """
        UPDATE main.invoice_collections
        SET state = $2, failures = $3, next_due_on = $4, planned_on = $5, failure_code = coalesce($6, failure_code), is_extra = false,
            attempted_on = NULL, source_id = NULL, amount = NULL, claim = NULL, attempts = 0, last_error = NULL
        WHERE id = $1
        """

    /// The statement that makes an attempt due that is no step of the schedule.
    static func hurry(_ invoice: Identifier) -> BoundStatement { BoundStatement(hurrying, [.identifier(invoice)]) }

    private static let hurrying: PostgresStatement = """
        UPDATE main.invoice_collections
        SET is_extra = state <> 'waiting' OR method <> 'automatic', next_due_on = main.tenant_now(tenant_id), claim = NULL
        WHERE id = $1 AND state IN ('waiting', 'past_due', 'unpaid') AND attempted_on IS NULL
        """

    /// The statement that makes everything due that a tenant owes, because it has a new way to pay.
    static func hurryAll(of tenant: String) -> BoundStatement { BoundStatement(hurryingAll, [.text(tenant)]) }

    // Not what is claimed: that has the new way to pay already, or is repeated in a moment.
    private static let hurryingAll: PostgresStatement = """
        WITH late AS MATERIALIZED (
            SELECT id FROM main.invoice_collections
            WHERE tenant_id = (CASE WHEN $1 ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN $1 END)::uuid
                AND state IN ('past_due', 'unpaid') AND method = 'automatic' AND attempted_on IS NULL AND claim IS NULL
                AND paused_on IS NULL
            ORDER BY id FOR UPDATE)
        UPDATE main.invoice_collections AS held SET is_extra = true, next_due_on = main.tenant_now(held.tenant_id)
        FROM late JOIN main.invoice ON invoice.id = late.id
        WHERE held.id = late.id
            AND main.invoice_stage(invoice.number, invoice.invoice_status, invoice.deleted) = 'open'
        """

    /// The statement that lets a collection rest, or go on.
    static func pause(_ invoice: Identifier, _ isPaused: Bool, at instant: Timestamp) -> BoundStatement {
        BoundStatement(pausing, [.identifier(invoice), .bool(isPaused), .timestamp(instant)])
    }

    private static let pausing: PostgresStatement = """
        UPDATE main.invoice_collections
        SET paused_on = CASE WHEN $2 THEN coalesce(paused_on, $3) END, claim = CASE WHEN attempted_on IS NULL THEN NULL ELSE claim END,
            next_due_on = CASE WHEN $2 OR next_due_on IS NULL THEN next_due_on
                ELSE greatest(next_due_on, main.tenant_now(tenant_id)) END
        WHERE id = $1
        """

    /// The statement that lets a worker look at once what became of a payment.
    static func look(_ invoice: Identifier, _ attempt: Int) -> BoundStatement {
        BoundStatement(looking, [.identifier(invoice), .int32(Int32(clamping: attempt))])
    }

    private static let looking: PostgresStatement = """
        UPDATE main.invoice_collections SET due_at = now()
        WHERE id = $1 AND attempt = $2 AND attempted_on IS NOT NULL AND claim IS NULL
        """
}

extension CollectionRepository.Row {
    fileprivate init(_ row: PostgresRow) throws {
        guard let method = CollectionMethod(rawValue: try row.text(3)),
            let state = InvoiceCollection.State(rawValue: try row.text(4))
        else { throw RepositoryError.unexpected(sqlState: nil) }
        invoice = try row.identifier(0)
        tenant = try row.identifier(1)
        subscription = try row.identifierIfPresent(2)
        self.method = method
        self.state = state
        failures = try row.int(5)
        plannedOn = try row.timestampIfPresent(6)
        isExtra = try row.bool(7)
        isPaused = try row.bool(8)
        attempt = try row.int(9)
        pending = try row.timestampIfPresent(10).map {
            CollectionRepository.Pending(
                startedOn: $0, source: try row.textIfPresent(11), amount: try row.int64IfPresent(12) ?? 0)
        }
        number = try row.textIfPresent(13)
        dueOn = try row.textIfPresent(14)
        let amount = try row.int64IfPresent(15)
        let currency = try row.textIfPresent(16).flatMap { try? Currency($0) }
        due = currency.flatMap { currency in amount.map { Money(minorUnits: $0, currency: currency) } }
        isOpen = try row.bool(17)
    }
}
