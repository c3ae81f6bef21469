import Entities
import PostgresClient
import Primitives

/// SQL of reports. Sums of months come from indexes that have all they need; lists are read by key.
struct ReportRepository: Sendable {
    let pool: PostgresPool

    private func rows(_ statement: PostgresStatement, _ values: [PostgresValue]) async throws -> [PostgresRow] {
        Array(try await pool.query(statement, values, settings: TenantScope.everyTenant, as: .search).rows)
    }

    // MARK: Recurring revenue

    func revenue(_ range: ReportRange) async throws -> [RevenueReport.Line] {
        let openings = try await rows(Self.openings, [.text(range.from.firstDay)]).map { row in
            RevenueReport.Opening(
                currency: try row.text(0), amount: try row.int64(1), tenants: try row.int64(2))
        }
        let movements = try await rows(
            Self.movements, [.text(range.from.firstDay), .text(range.to.adding(1).firstDay)]
        ).compactMap { row -> RevenueReport.Movement? in
            guard let kind = RevenueMovement.Kind(rawValue: try row.text(2)) else { return nil }
            return RevenueReport.Movement(
                month: try row.text(0), currency: try row.text(1), kind: kind, amount: try row.int64(3),
                tenants: try row.int64(4))
        }
        return RevenueReport.lines(range, openings, movements)
    }

    private static let openings: PostgresStatement = """
        SELECT currency_code::text, sum(amount)::bigint,
            count(*) FILTER (WHERE kind IN ('new', 'reactivated')) - count(*) FILTER (WHERE kind = 'churned')
        FROM main.revenue_movements WHERE day < $1::text::date AND NOT is_test GROUP BY currency_code
        """

    private static let movements: PostgresStatement = """
        SELECT to_char(day, 'YYYY-MM'), currency_code::text, kind::text, sum(amount)::bigint, count(*)
        FROM main.revenue_movements WHERE day >= $1::text::date AND day < $2::text::date AND NOT is_test
        GROUP BY 1, 2, 3
        """

    /// What tenants pay a month at the end of a month.
    func revenueItems(_ month: ReportMonth, _ currency: String, after: Identifier, limit: Int) async throws
        -> [PostgresRow]
    {
        try await rows(
            Self.standing,
            [.text(month.adding(1).firstDay), .text(currency), .identifier(after), .int64(Int64(limit))])
    }

    private static let standing: PostgresStatement = """
        SELECT tenant_id, sum(amount)::bigint FROM main.revenue_movements
        WHERE tenant_id > $3 AND currency_code = $2 AND day < $1::text::date AND NOT is_test
        GROUP BY tenant_id HAVING sum(amount) <> 0 ORDER BY tenant_id LIMIT $4
        """

    /// What has happened in a month.
    func movementItems(
        _ month: ReportMonth, _ currency: String, after: (day: String, id: Identifier)?, limit: Int
    ) async throws -> [PostgresRow] {
        try await rows(
            Self.happened,
            [
                .text(month.firstDay), .text(month.adding(1).firstDay), .text(currency),
                .text(after?.day ?? month.firstDay), .optional(after?.id) { .identifier($0) }, .int64(Int64(limit)),
            ])
    }

    private static let happened: PostgresStatement = """
        SELECT id, day::text, tenant_id, subscription_id, kind::text, amount FROM main.revenue_movements
        WHERE day >= $1::text::date AND day < $2::text::date AND NOT is_test AND currency_code = $3
            AND ($5::uuid IS NULL OR (day, id) > ($4::text::date, $5))
        ORDER BY day, id LIMIT $6
        """

    // MARK: Receivables

    /// Invoices that are open, with what is due. A test clock's are left out.
    private static let receivables = """
        SELECT invoice.id, invoice.number::text, invoice.tenant_id, invoice.currency_code::text, invoice.due_on::text,
            greatest(0, current_date - invoice.due_on::date) AS overdue, invoice.total - coalesce(invoice.credited, 0) AS amount
        FROM main.invoice
        WHERE invoice.invoice_status IN ('open', 'payment_due', 'posted', 'not_paid', 'pending') AND NOT invoice.deleted
            AND invoice.number IS NOT NULL AND invoice.due_on IS NOT NULL
            AND NOT EXISTS (SELECT FROM main.test_clocks AS clock WHERE clock.tenant_id = invoice.tenant_id)
        """

    private static let bucket = """
        CASE WHEN overdue = 0 THEN 'current' WHEN overdue <= 30 THEN '1-30' WHEN overdue <= 60 THEN '31-60'
            WHEN overdue <= 90 THEN '61-90' ELSE '90+' END
        """

    /// The parts of ``aging()``, by days after the last day to pay.
    static let buckets = ["current", "1-30", "31-60", "61-90", "90+"]

    func aging() async throws -> [PostgresRow] { try await rows(Self.agingSums, []) }

    private static let agingSums = PostgresStatement(
        """
        SELECT currency_code, \(bucket) AS bucket, count(*), sum(amount)::bigint
        FROM (\(receivables)) AS open GROUP BY 1, 2 ORDER BY 1, min(overdue)
        """)

    func agingItems(_ currency: String, _ bucket: String, after: Identifier, limit: Int) async throws -> [PostgresRow] {
        try await rows(
            Self.agingRows, [.text(currency), .text(bucket), .identifier(after), .int64(Int64(limit))])
    }

    private static let agingRows = PostgresStatement(
        """
        SELECT id, number, tenant_id, due_on, overdue, amount FROM (\(receivables)) AS open
        WHERE currency_code = $1 AND \(bucket) = $2 AND id > $3 ORDER BY id LIMIT $4
        """)
}
