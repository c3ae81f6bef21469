import Billing
import BillingPreview
import Entities
import JSONCoding
import PostgresClient
import Primitives

// Subscriptions: each invoice is computed again.

extension BillingCheck {
    private static let subscriptionsAtOnce = 200
    /// Of a page, unless one subscription has more.
    private static let invoicesOfPage = 2_000
    private static let usageOfPage = 100_000

    /// Subscriptions that the engine bills.
    func subscriptions(after start: Identifier) async throws -> Page {
        try await reading { transaction in
            var rows = try await transaction.query(
                Self.pageOfSubscriptions(isOfTenant: options.tenant != nil),
                [.identifier(start), .int64(Int64(Self.subscriptionsAtOnce)), .text(options.since?.description ?? "")]
                    + (options.tenant.map { [.identifier($0)] } ?? [])
            ).rows[...]
            var isLast = rows.count < Self.subscriptionsAtOnce
            // Some have thousands of invoices, or events.
            let used = try await Self.usageCounts(of: rows.map { try $0.identifier(0) }, transaction)
            var (invoices, usage) = (0, 0)
            for (index, row) in rows.enumerated() {
                invoices += try row.int(3)
                usage += used[try row.identifier(0)] ?? 0
                guard index > 0, invoices > Self.invoicesOfPage || usage > Self.usageOfPage else { continue }
                rows = rows.prefix(index)
                isLast = false
                break
            }
            var page = Page(count: rows.count)
            if !isLast { page.last = try rows.last?.identifier(0) }
            let reader = ScenarioReader(zones: zones, maximumUsage: SubscriptionBilling.maximumUsage)
            let parts = try await BillingCheckRows(of: try rows.map { try $0.identifier(0) }, transaction)
            for row in rows {
                let recomputation = SubscriptionRecomputation(
                    stored: try parts.stored(row), now: try row.timestamp(8), reader: reader, zones: zones)
                page.findings += recomputation.findings
            }
            return page
        }
    }

    /// Both identifiers are compared with that of the page before: a merge join would read all subscriptions from the first one on.
    private static func pageOfSubscriptions(isOfTenant: Bool) -> PostgresStatement {
        PostgresStatement(
            """
            SELECT billing.id, billing.tenant_id, billing.scenario, billing.issued,
                CASE WHEN subscription.deleted THEN \(TenantSubscription.Status.cancelled.rawValue) ELSE subscription.status END,
                billing.next_due_on, CASE WHEN billing.parked_on IS NOT NULL THEN billing.parked_reason END, subscription.invoice_id,
                main.tenant_now(billing.tenant_id)
            FROM main.subscription_billing AS billing JOIN main.subscriptions AS subscription ON subscription.id = billing.id
            WHERE billing.id > $1 AND subscription.id > $1
                AND ($3 = '' OR billing.modified_on >= nullif($3, '')::timestamp AT TIME ZONE 'UTC' OR subscription.status IN (1, 2))
                \(isOfTenant ? "AND billing.tenant_id = $4" : "")
            ORDER BY billing.id LIMIT $2
            """)
    }

    private static func usageCounts(
        of subscriptions: [Identifier], _ transaction: PostgresTransaction
    ) async throws -> [Identifier: Int] {
        let rows = try await transaction.query(counting, [.identifierArray(subscriptions)]).rows
        return Dictionary(
            try rows.map { (try $0.identifier(0), try $0.int(1)) }, uniquingKeysWith: { first, _ in first })
    }

    private static let counting: PostgresStatement = """
        SELECT subscription_id, count(*)::integer FROM main.subscription_usage WHERE subscription_id = ANY($1)
        GROUP BY subscription_id
        """

    private static let originalsAtOnce = 1_000

    /// Subscriptions of one period: each that is live has an invoice of its own. One that renews is the engine's, whatever is there of it.
    func unbilledSubscriptions(after start: Identifier) async throws -> Page {
        try await reading { transaction in
            let rows = try await transaction.query(
                Self.pageOfOriginals(isOfTenant: options.tenant != nil),
                [.identifier(start), .int64(Int64(Self.originalsAtOnce))]
                    + (options.tenant.map { [.identifier($0)] } ?? [])
            ).rows
            var page = Page(count: rows.count)
            if rows.count == Self.originalsAtOnce { page.last = try rows.last?.identifier(0) }
            for row in rows {
                let (tenant, subscription) = (try row.identifier(1), try row.identifier(0))
                if try row.bool(5) {
                    page.findings.append(
                        BillingFinding(
                            .forgotten, tenant: tenant, subscription: subscription,
                            "it renews, but its billing terms are missing: nothing of it will ever be due again"))
                } else if try row.isNull(2) || !row.bool(3) {
                    page.findings.append(
                        BillingFinding(
                            .missing, tenant: tenant, subscription: subscription, "it is active and has no invoice"))
                } else if try row.bool(4) {
                    page.findings.append(
                        BillingFinding(
                            .surplus, tenant: tenant, subscription: subscription, invoice: try row.identifier(2),
                            "its invoice also belongs to another subscription"))
                }
            }
            return page
        }
    }

    private static func pageOfOriginals(isOfTenant: Bool) -> PostgresStatement {
        PostgresStatement(
            """
            WITH page AS MATERIALIZED (
                SELECT id, subscriber_id, invoice_id, coalesce(renews, false) AS renews FROM main.subscriptions AS subscription
                WHERE id > $1 AND (status = 1 OR (status = 2 AND renews)) AND NOT deleted \(isOfTenant ? "AND subscriber_id = $3" : "")
                    AND NOT EXISTS (SELECT FROM main.subscription_billing AS billing WHERE billing.id = subscription.id)
                ORDER BY id LIMIT $2)
            SELECT page.id, page.subscriber_id, page.invoice_id,
                EXISTS (SELECT FROM main.invoice WHERE invoice.id = page.invoice_id),
                EXISTS (
                    SELECT FROM main.subscriptions AS other
                    WHERE other.invoice_id = page.invoice_id AND other.id <> page.id AND NOT other.deleted), page.renews
            FROM page ORDER BY page.id
            """)
    }
}

/// What a page of subscriptions has beside their rows, by subscription.
private struct BillingCheckRows {
    private var entries: [Identifier: [SubscriptionBilling.Entry]] = [:]
    private var invoices: [Identifier: [SubscriptionRecomputation.Invoice]] = [:]
    private var notes: [Identifier: [SubscriptionRecomputation.Note]] = [:]
    private var credit: [Identifier: Int64] = [:]
    private let usage: [Identifier: [MeteredUsage]]

    init(of subscriptions: [Identifier], _ transaction: PostgresTransaction) async throws {
        let values: [PostgresValue] = [.identifierArray(subscriptions)]
        usage = try await SubscriptionUsageRepository.usage(of: subscriptions, transaction)
        for row in try await transaction.query(Self.changes, values).rows {
            entries[try row.identifier(SubscriptionBillingRepository.entryColumns.count), default: []].append(
                try SubscriptionBilling.Entry(row))
        }
        var lines: [Identifier: [SubscriptionRecomputation.Line]] = [:]
        for row in try await transaction.query(Self.lines, values).rows {
            lines[try row.identifier(0), default: []].append(
                SubscriptionRecomputation.Line(
                    kind: try row.textIfPresent(1) ?? "", amount: try row.int64(2),
                    details: try row.jsonIfPresent(3),
                    from: try row.textIfPresent(4), to: try row.textIfPresent(5)))
        }
        for row in try await transaction.query(Self.invoices, values).rows {
            let id = try row.identifier(1)
            invoices[try row.identifier(0), default: []].append(
                SubscriptionRecomputation.Invoice(
                    id: id, ordinal: try row.intIfPresent(2), currency: try row.textIfPresent(3) ?? "",
                    amounts: .init(
                        subtotal: try row.int64(4), discount: try row.int64(5), tax: try row.int64(6),
                        credit: try row.int64(7), creditBalance: try row.int64(8), total: try row.int64(9)),
                    lines: lines[id] ?? [], isPosted: try row.bool(10),
                    issuedOn: try row.textIfPresent(11).flatMap { try? CalendarDate($0) }))
        }
        for row in try await transaction.query(Self.notes, values).rows {
            notes[try row.identifier(0), default: []].append(
                SubscriptionRecomputation.Note(
                    ordinal: try row.int(1), invoice: try row.intIfPresent(2), amount: try row.int64(3),
                    tax: try row.int64(4), total: try row.int64(5)))
        }
        for row in try await transaction.query(Self.credit, values).rows {
            credit[try row.identifier(0)] = try row.int64(1)
        }
    }

    /// A row of the page with what belongs to it.
    func stored(_ row: PostgresRow) throws -> SubscriptionRecomputation.Stored {
        let id = try row.identifier(0)
        return SubscriptionRecomputation.Stored(
            billing: SubscriptionBilling(
                subscription: id, tenant: try row.identifier(1),
                scenario: try JSONValue.parse(stored: row.json(2)).objectValue ?? JSONObject(),
                entries: entries[id] ?? [], issued: try row.int(3), usage: usage[id] ?? []),
            status: TenantSubscription.Status(rawValue: try row.int(4)) ?? .inactive,
            nextDue: try row.timestampIfPresent(5), parkedReason: try row.textIfPresent(6),
            invoices: invoices[id] ?? [],
            notes: notes[id] ?? [], credit: credit[id] ?? 0)
    }

    private static let changes = PostgresStatement(
        """
        SELECT \(SubscriptionBillingRepository.entryColumns.joined(separator: ", ")), subscription_id
        FROM main.subscription_changes WHERE subscription_id = ANY($1) AND state <> 'canceled' AND NOT deleted
        ORDER BY subscription_id, position
        """)

    /// The engine's, and the one of a subscription that the engine has taken over.
    private static let ofSubscriptions = """
        SELECT invoice.* FROM main.invoice
        WHERE invoice.subscription_id = ANY($1) AND invoice.ordinal IS NOT NULL
        UNION ALL
        SELECT invoice.* FROM main.subscriptions AS subscription JOIN main.invoice ON invoice.id = subscription.invoice_id
        WHERE subscription.id = ANY($1) AND invoice.ordinal IS NULL
        """

    private static let invoices = PostgresStatement(
        """
        SELECT coalesce(invoice.subscription_id, (
                SELECT id FROM main.subscriptions AS backed WHERE backed.invoice_id = invoice.id AND backed.id = ANY($1) LIMIT 1)),
            invoice.id, invoice.ordinal, invoice.currency_code::text, coalesce(subtotal, 0),
            coalesce(discount, 0), coalesce(tax, 0), coalesce(credit, 0), coalesce(credit_balance, 0), coalesce(total, 0),
            number IS NOT NULL AND main.invoice_stage(number, invoice_status, deleted) <> 'void', issued_on::text
        FROM (\(ofSubscriptions)) AS invoice ORDER BY 1, invoice.ordinal, invoice.id
        """)

    private static let lines = PostgresStatement(
        """
        SELECT line.invoice_id, line.kind::text, line.amount, line.details, line.period_start::text,
            line.period_end::text
        FROM main.invoice JOIN main.invoice_lines AS line ON line.invoice_id = invoice.id AND NOT line.deleted
        WHERE invoice.subscription_id = ANY($1) AND invoice.ordinal IS NOT NULL
        ORDER BY line.invoice_id, line.position
        """)

    private static let notes: PostgresStatement = """
        SELECT note.subscription_id, note.ordinal, invoice.ordinal, note.amount, note.tax, note.total
        FROM main.credit_notes AS note JOIN main.invoice ON invoice.id = note.invoice_id
        WHERE note.subscription_id = ANY($1) AND note.ordinal IS NOT NULL ORDER BY note.subscription_id, note.ordinal
        """

    /// Without what somebody has credited past the engine.
    private static let credit: PostgresStatement = """
        SELECT invoice.subscription_id, -sum(entry.amount)::bigint
        FROM main.invoice JOIN main.ledger_entries AS entry ON entry.invoice_id = invoice.id
            LEFT JOIN main.credit_notes AS note ON note.id = entry.credit_note_id
        WHERE invoice.subscription_id = ANY($1) AND entry.account = 'customer_credit'
            AND (entry.credit_note_id IS NULL OR note.ordinal IS NOT NULL)
        GROUP BY invoice.subscription_id
        """
}
