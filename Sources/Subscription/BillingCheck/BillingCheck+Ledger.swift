import Billing
import PostgresClient
import Primitives

// The ledger and the series of numbers.

extension BillingCheck {
    private static let transactionsAtOnce = 5_000

    /// Transactions of the ledger; before the first ones, its trial balance.
    func transactions(after start: Identifier) async throws -> Page {
        try await reading { transaction in
            var page = Page()
            if start == Self.first {
                page.findings = try await trialBalance(transaction)
            }
            let statement = Self.pageOfTransactions(isOfTenant: options.tenant != nil)
            let rows = try await transaction.query(
                statement,
                [
                    .identifier(start), .int64(Int64(Self.transactionsAtOnce)), .text(options.since?.description ?? ""),
                ] + (options.tenant.map { [.identifier($0)] } ?? [])
            ).rows
            page.count = rows.count
            if rows.count == Self.transactionsAtOnce { page.last = try rows.last?.identifier(0) }
            for row in rows where try row.bool(1) {
                page.findings.append(
                    BillingFinding(
                        .unbalanced, tenant: try row.identifierIfPresent(2), invoice: try row.identifierIfPresent(3),
                        "the transaction \(try row.identifier(0)) of the ledger does not add up to zero"))
            }
            return page
        }
    }

    private static func pageOfTransactions(isOfTenant: Bool) -> PostgresStatement {
        let ofTenant = isOfTenant ? "AND tenant_id = $4" : ""
        return PostgresStatement(
            """
            WITH page AS MATERIALIZED (
                SELECT DISTINCT transaction_id FROM main.ledger_entries
                WHERE transaction_id > $1 AND ($3 = '' OR booked_on >= nullif($3, '')::timestamp AT TIME ZONE 'UTC') \(ofTenant)
                ORDER BY transaction_id LIMIT $2)
            SELECT page.transaction_id, bool_or(sums.amount <> 0), min(sums.tenant::text)::uuid, min(sums.invoice::text)::uuid
            FROM page CROSS JOIN LATERAL (
                SELECT sum(amount) AS amount, min(tenant_id::text) AS tenant, min(invoice_id::text) AS invoice
                FROM main.ledger_entries AS entry
                WHERE entry.transaction_id = page.transaction_id GROUP BY currency_code) AS sums
            GROUP BY page.transaction_id ORDER BY page.transaction_id
            """)
    }

    private func trialBalance(_ transaction: PostgresTransaction) async throws -> [BillingFinding] {
        let statement = options.tenant == nil ? Self.balance : Self.balanceOfTenant
        let rows = try await transaction.query(statement, options.tenant.map { [.identifier($0)] } ?? []).rows
        return try rows.map { row in
            BillingFinding(
                .unbalanced, tenant: options.tenant,
                "the entries of the ledger in \(try row.text(0)) add up to \(try row.int64(1)), not to zero")
        }
    }

    private static func balance(_ condition: String) -> PostgresStatement {
        PostgresStatement(
            """
            SELECT currency_code, sum(amount)::bigint FROM main.ledger_entries \(condition)
            GROUP BY currency_code HAVING sum(amount) <> 0 ORDER BY currency_code
            """)
    }
    private static let balance = balance("")
    private static let balanceOfTenant = balance("WHERE tenant_id = $1")

    /// Every number from 1 to the last one of a series was assigned once.
    func series() async throws -> Page {
        try await reading { transaction in
            var page = Page()
            for row in try await transaction.query(Self.numbering).rows {
                page.count += 1
                let (name, last, count) = (try row.text(0), try row.int64(1), try row.int64(2))
                guard last != count else { continue }
                let gap = try await transaction.query(Self.gap, [.text(name)]).first?.int64IfPresent(0)
                page.findings.append(
                    BillingFinding(
                        .numbers,
                        "the series \(name) has \(count) numbers, but \(last) were assigned"
                            + (gap.map { "; the first missing one is \($0)" } ?? "")))
            }
            return page
        }
    }

    private static let given = """
        SELECT sequence FROM main.invoice WHERE series = series.name AND sequence IS NOT NULL
        UNION ALL SELECT sequence FROM main.credit_notes WHERE series = series.name AND sequence IS NOT NULL
        """

    private static let numbering = PostgresStatement(
        """
        SELECT series.name::text, series.last_number, (SELECT count(DISTINCT sequence) FROM (\(given)) AS given)
        FROM main.invoice_series AS series ORDER BY series.name
        """)

    private static let gap = PostgresStatement(
        """
        SELECT min(place) FROM main.invoice_series AS series CROSS JOIN LATERAL (
            SELECT sequence, row_number() OVER (ORDER BY sequence) AS place FROM (\(given)) AS given) AS numbered
        WHERE series.name = $1 AND numbered.sequence <> numbered.place
        """)
}
