import Billing
import PostgresClient
import Primitives

// Invoices that were issued here, with everything that was posted about them.

extension BillingCheck {
    private static let invoicesAtOnce = 1_000

    func invoices(after start: Identifier) async throws -> Page {
        try await reading { transaction in
            let rows = try await transaction.query(
                Self.pageOfInvoices(isOfTenant: options.tenant != nil),
                [.identifier(start), .int64(Int64(Self.invoicesAtOnce)), .text(options.since?.description ?? "")]
                    + (options.tenant.map { [.identifier($0)] } ?? [])
            ).rows
            var page = Page(count: rows.count)
            if rows.count == Self.invoicesAtOnce { page.last = try rows.last?.identifier(0) }
            for row in rows { page.findings += try InvoiceFigures(row).findings }
            return page
        }
    }

    private static let accounts = [
        "receivable", "bad_debt", "cash", "refunds_payable", "discounts", "tax", "revenue", "customer_credit",
        "credit_granted",
    ]

    /// Numbers of another installation have no sequence: its ledger is not here.
    private static func pageOfInvoices(isOfTenant: Bool) -> PostgresStatement {
        let balances = accounts.map { "coalesce(sum(amount) FILTER (WHERE account = '\($0)'), 0)::bigint AS \($0)" }
        return PostgresStatement(
            """
            WITH page AS MATERIALIZED (
                SELECT * FROM main.invoice
                WHERE id > $1 AND sequence IS NOT NULL AND ($3 = '' OR issued_on >= $3) \(isOfTenant ? "AND tenant_id = $4" : "")
                ORDER BY id LIMIT $2)
            SELECT page.id, page.tenant_id, page.subscription_id, page.number::text,
                main.invoice_stage(page.number, page.invoice_status, page.deleted),
                coalesce(page.subtotal, page.total), coalesce(page.discount, 0), coalesce(page.tax, page.total - coalesce(page.subtotal, page.total)), coalesce(page.credit, 0),
                page.total, coalesce(page.credited, 0),
                line.amounts, line.discounts, line.taxes, line.within, line.explained, line.overcredited,
                paid.amount, entry.received,
                note.total, note.tax, note.invoice, note.account, note.refund, note.manual, note.wrong,
                prepaid.used, prepaid.returned, \(accounts.map { "entry.\($0)" }.joined(separator: ", "))
            FROM page
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(amount) FILTER (WHERE coalesce(kind, '') NOT IN ('discount', 'tax')), 0)::bigint AS amounts,
                    coalesce(sum(amount) FILTER (WHERE kind = 'discount'), 0)::bigint AS discounts,
                    coalesce(sum(amount) FILTER (WHERE kind = 'tax'), 0)::bigint AS taxes,
                    coalesce(sum(amount) FILTER (
                        WHERE kind = 'tax' AND details #>> '{taxes,0,inclusive}' = 'true'), 0)::bigint AS within,
                    coalesce(bool_or(kind IS NOT NULL), false) AS explained,
                    count(*) FILTER (WHERE amount < (
                        SELECT sum(credited.amount) FROM main.credit_note_lines AS credited
                        WHERE credited.invoice_line_id = billed.id)) AS overcredited
                FROM main.invoice_lines AS billed WHERE billed.invoice_id = page.id AND NOT billed.deleted) AS line
            CROSS JOIN LATERAL (
                SELECT sum(amount)::bigint AS amount FROM main.billing_payments
                WHERE invoice_id = page.id AND status = 'success' AND NOT deleted) AS paid
            CROSS JOIN LATERAL (
                SELECT \(balances.joined(separator: ", ")),
                    coalesce(sum(amount) FILTER (WHERE account = 'cash' AND kind IN ('payment', 'reversal')), 0)::bigint AS received
                FROM main.ledger_entries WHERE invoice_id = page.id) AS entry
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(issued.total), 0)::bigint AS total, coalesce(sum(issued.tax), 0)::bigint AS tax,
                    coalesce(sum(issued.total) FILTER (WHERE destination = 'invoice'), 0)::bigint AS invoice,
                    coalesce(sum(issued.total) FILTER (WHERE destination = 'account'), 0)::bigint AS account,
                    coalesce(sum(issued.total) FILTER (WHERE destination = 'refund'), 0)::bigint AS refund,
                    coalesce(sum(issued.total) FILTER (WHERE issued.ordinal IS NULL), 0)::bigint AS manual,
                    count(*) FILTER (WHERE issued.amount <> part.amount OR issued.tax <> part.tax
                        OR issued.total NOT BETWEEN issued.amount AND issued.amount + issued.tax) AS wrong
                FROM main.credit_notes AS issued CROSS JOIN LATERAL (
                    SELECT coalesce(sum(amount), 0) AS amount, coalesce(sum(tax), 0) AS tax FROM main.credit_note_lines
                    WHERE credit_note_id = issued.id) AS part
                WHERE issued.invoice_id = page.id AND issued.sequence IS NOT NULL) AS note
            CROSS JOIN LATERAL (
                SELECT coalesce(-sum(amount) FILTER (WHERE kind = 'burn'), 0)::bigint AS used,
                    coalesce(sum(amount) FILTER (WHERE kind = 'return' AND credit_note_id IS NOT NULL), 0)::bigint AS returned
                FROM main.credit_uses WHERE invoice_id = page.id) AS prepaid
            ORDER BY page.id
            """)
    }

    /// The balances of a row of that statement.
    fileprivate static func balances(_ row: PostgresRow, from column: Int) throws -> [String: Int64] {
        var balances: [String: Int64] = [:]
        for (index, account) in accounts.enumerated() { balances[account] = try row.int64(column + index) }
        return balances
    }
}

extension InvoiceFigures {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            id: try row.identifier(0), tenant: try row.identifierIfPresent(1),
            subscription: try row.identifierIfPresent(2), number: try row.text(3), stage: try row.text(4),
            header: Header(
                subtotal: try row.int64(5), discount: try row.int64(6), tax: try row.int64(7),
                credit: try row.int64(8), total: try row.int64(9), credited: try row.int64(10)),
            lines: Lines(
                amounts: try row.int64(11), discounts: try row.int64(12), taxes: try row.int64(13),
                taxesWithin: try row.int64(14), areExplained: try row.bool(15), overcredited: try row.int(16)),
            ledger: try BillingCheck.balances(row, from: 28), received: try row.int64(18),
            payments: try row.int64IfPresent(17),
            notes: Notes(
                total: try row.int64(19), tax: try row.int64(20), toInvoice: try row.int64(21),
                toAccount: try row.int64(22), refunded: try row.int64(23), manual: try row.int64(24),
                wrong: try row.int(25)),
            prepaid: try row.int64(26), prepaidReturned: try row.int64(27))
    }
}
