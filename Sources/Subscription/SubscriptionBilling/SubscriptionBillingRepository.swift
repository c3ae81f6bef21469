import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// SQL of subscriptions that the engine bills, for transactions that have locked the subscription.
struct SubscriptionBillingRepository: Sendable {
    let pool: PostgresPool
    let changes: EntityRepository

    /// A subscription that the engine bills, with what its row says beside that.
    struct Stored: Sendable {
        var billing: SubscriptionBilling
        let nextDueOn: Timestamp?
        let parkedReason: String?
        /// The position of the next change.
        let nextPosition: Int
        /// The latest day of the subscriber's calendar that something was stored on; nil for rows of former releases.
        let settledOn: CalendarDate?
    }

    /// Reads a subscription; nil if the engine does not bill it.
    /// - Parameter isLocked: Whether its row is locked until the end of the transaction.
    func read(
        _ subscription: Identifier, _ transaction: PostgresTransaction, isLocked: Bool
    ) async throws -> Stored? {
        var batch = PostgresBatch()
        let found = batch.add(isLocked ? Self.locking : Self.finding, [.identifier(subscription)])
        let changes = batch.add(Self.listing, [.identifier(subscription)])
        let results = try await transaction.run(batch)
        guard let row = results[found].first else { return nil }
        var entries: [SubscriptionBilling.Entry] = []
        for row in results[changes].rows {
            entries.append(try SubscriptionBilling.Entry(row))
        }
        var billing = SubscriptionBilling(
            subscription: subscription, tenant: try row.identifier(0),
            scenario: try JSONValue.parse(stored: row.json(1)).objectValue ?? JSONObject(), entries: entries,
            issued: try row.int(2),
            collectionMethod: try row.textIfPresent(7).flatMap { CollectionMethod(rawValue: $0) },
            planVersion: try row.int(8))
        if billing.isMetered {
            billing.usage = try await SubscriptionUsageRepository.usage(of: subscription, transaction)
        }
        return Stored(
            billing: billing,
            nextDueOn: try row.timestampIfPresent(3), parkedReason: try row.textIfPresent(4),
            nextPosition: try row.int(5) + 1,
            settledOn: try row.textIfPresent(6).flatMap { try? CalendarDate($0) })
    }

    private static let columns = """
        SELECT tenant_id, scenario, issued, next_due_on, parked_reason,
            (SELECT coalesce(max(position), 0) FROM main.subscription_changes WHERE subscription_id = billing.id), settled_on::text,
            collection_method, plan_version
        FROM main.subscription_billing AS billing WHERE id = $1
        """
    private static let finding = PostgresStatement(columns)
    private static let locking = PostgresStatement(columns + " FOR UPDATE")

    /// What an entry is read from, in this order.
    static let entryColumns = [
        "id", "position", "type::text", "state::text", "requested_on::text", "effective_on::text", "plan_id", "change",
        "row_version", "plan_version", "add_on_id", "origin::text", "note",
    ]

    private static let listing = PostgresStatement(
        """
        SELECT \(entryColumns.joined(separator: ", "))
        FROM main.subscription_changes WHERE subscription_id = $1 AND state <> 'canceled' AND NOT deleted ORDER BY position
        """)

    // MARK: Statements

    /// The statement that voids the drafts of a subscription that nobody is to pay any more.
    static func voidDrafts(of subscription: Identifier) -> BoundStatement {
        BoundStatement(voiding, [.identifier(subscription)])
    }

    private static let voiding: PostgresStatement = """
        UPDATE main.invoice SET invoice_status = 'void'
        WHERE subscription_id = $1 AND invoice_status = 'draft' AND NOT deleted
        """

    /// The statement that issues the drafts that the engine has made for a subscription before it was activated.
    static func issueDrafts(of subscription: Identifier, on day: CalendarDate, by terms: InvoiceTerms) -> BoundStatement
    {
        BoundStatement(
            issuing,
            [
                .identifier(subscription), .text(day.description), .text(terms.dueDate(from: day).description),
                .text(InvoiceTerms.named(terms.series, on: day)),
                .optional(terms.seller) { .json($0.serialized()) },
            ])
    }

    /// One that nothing is to be paid of is paid at once.
    private static let issuing: PostgresStatement = """
        UPDATE main.invoice SET invoice_status = CASE total WHEN 0 THEN 'paid' ELSE 'open' END,
            invoice_id = coalesce(invoice_id, 'in_' || left(replace(gen_random_uuid()::text, '-', ''), 24)),
            issued_on = $2, due_on = $3, series = $4, seller = coalesce(seller, $5)
        WHERE subscription_id = $1 AND ordinal IS NOT NULL AND invoice_status = 'draft' AND NOT deleted
        """

    /// The statement that begins to bill a subscription.
    /// - Parameter day: Today, as the subscriber's calendar has it.
    func insertion(of billing: SubscriptionBilling, nextDue: Timestamp?, on day: CalendarDate) -> BoundStatement {
        BoundStatement(
            Self.inserting,
            [
                .identifier(billing.subscription), .identifier(billing.tenant),
                .json(JSONValue.object(billing.scenario).serialized()), .text(billing.timeZone),
                .int32(Int32(clamping: billing.issued)), .optional(nextDue) { .timestamp($0) }, .text(day.description),
                .optional(billing.collectionMethod) { .text($0.rawValue) },
                .int32(Int32(clamping: billing.planVersion)),
            ])
    }

    private static let inserting: PostgresStatement = """
        INSERT INTO main.subscription_billing (
            id, tenant_id, scenario, time_zone, issued, next_due_on, due_at, settled_on, collection_method,
            plan_version)
        VALUES ($1, $2, $3, $4, $5, $6, $6, $7::date, $8, $9)
        """

    /// The statement that records how many invoices were issued and when something is due next. It ends the claim of a worker, and
    /// the subscription is no longer parked: it was billed.
    /// - Parameter day: Today, as the subscriber's calendar has it.
    func progress(of billing: SubscriptionBilling, nextDue: Timestamp?, on day: CalendarDate) -> BoundStatement {
        BoundStatement(
            Self.progressing,
            [
                .identifier(billing.subscription), .int32(Int32(clamping: billing.issued)),
                .optional(nextDue) { .timestamp($0) }, .text(day.description),
            ])
    }

    /// The statement that says how invoices of a subscription are collected from now on; nil: by nobody.
    static func collecting(_ subscription: Identifier, by method: CollectionMethod?) -> BoundStatement {
        BoundStatement(collectingBy, [.identifier(subscription), .optional(method) { .text($0.rawValue) }])
    }

    private static let collectingBy: PostgresStatement =
        "UPDATE main.subscription_billing SET collection_method = $2 WHERE id = $1"

    /// The statement that says that nothing of a subscription is due any more.
    func rest(_ subscription: Identifier) -> BoundStatement {
        BoundStatement(Self.resting, [.identifier(subscription)])
    }

    private static let resting: PostgresStatement = """
        UPDATE main.subscription_billing SET next_due_on = NULL, due_at = NULL, claim = NULL WHERE id = $1
        """

    private static let progressing: PostgresStatement = """
        UPDATE main.subscription_billing
        SET issued = $2, next_due_on = $3, due_at = $3, claim = NULL, attempts = 0, last_error = NULL,
            parked_reason = NULL, parked_on = NULL, settled_on = $4::date
        WHERE id = $1
        """

    /// The statement that adds something that happens.
    func insertion(
        of entry: SubscriptionBilling.Entry, to billing: SubscriptionBilling, in scope: TenantScope
    ) throws -> BoundStatement {
        var values = FieldValues(SubscriptionChange.entity)
        values.identifier = entry.id
        values[SubscriptionChange.subscriptionID] = billing.subscription
        values[SubscriptionChange.tenantID] = billing.tenant
        values[SubscriptionChange.position] = entry.position
        values[SubscriptionChange.type] = entry.kind
        set(entry, &values)
        return try changes.insertStatement(values, in: scope)
    }

    /// The statement that stores an entry whose state, day or content is another one now.
    func update(of entry: SubscriptionBilling.Entry, in scope: TenantScope) throws -> BoundStatement {
        var values = FieldValues(SubscriptionChange.entity)
        set(entry, &values)
        return try changes.updateStatement(entry.id, values, in: scope)
    }

    private func set(_ entry: SubscriptionBilling.Entry, _ values: inout FieldValues) {
        values[SubscriptionChange.state] = entry.state
        values[SubscriptionChange.policy] = entry.change["policy"]?.stringValue
        values[SubscriptionChange.requestedOn] = entry.requestedOn.description
        values[SubscriptionChange.effectiveOn] = entry.effectiveOn?.description
        values[SubscriptionChange.planID] = entry.plan
        values[SubscriptionChange.planVersion] = entry.planVersion
        values[SubscriptionChange.addOnID] = entry.addOn
        values[SubscriptionChange.origin] = entry.origin
        values[SubscriptionChange.note] = entry.note
        values[SubscriptionChange.change] = JSONText(.object(entry.change))
    }
}

extension SubscriptionBilling.Entry {
    /// Reads an entry from a row that begins with ``SubscriptionBillingRepository/entryColumns``.
    init(_ row: PostgresRow) throws {
        func day(_ column: Int) throws -> CalendarDate? {
            try row.textIfPresent(column).flatMap { try? CalendarDate($0) }
        }
        guard let kind = SubscriptionChange.Kind(rawValue: try row.text(2)),
            let state = SubscriptionChange.State(rawValue: try row.text(3)), let requested = try day(4)
        else { throw RepositoryError.unexpected(sqlState: nil) }
        self.init(
            id: try row.identifier(0), position: try row.int(1), kind: kind, state: state, requestedOn: requested,
            effectiveOn: try day(5), plan: try row.identifierIfPresent(6),
            change: try JSONValue.parse(stored: row.json(7)).objectValue ?? JSONObject(), version: try row.int64(8),
            planVersion: try row.intIfPresent(9), addOn: try row.identifierIfPresent(10),
            origin: try row.textIfPresent(11).flatMap { SubscriptionChange.Origin(rawValue: $0) },
            note: try row.textIfPresent(12))
    }
}
