import Entities
import PostgresClient
import Primitives

/// Whose report it is: tenants on test clocks and all others are never mixed.
enum ReportTenants: Sendable, Hashable {
    case onRealTime
    case onTestClocks

    /// A statement about each of them.
    struct Statements: Sendable {
        private let (real, test): (PostgresStatement, PostgresStatement)

        /// - Parameter text: The statement about some of them.
        init(_ text: (ReportTenants) -> String) {
            (real, test) = (PostgresStatement(text(.onRealTime)), PostgresStatement(text(.onTestClocks)))
        }

        subscript(tenants: ReportTenants) -> PostgresStatement { tenants == .onRealTime ? real : test }
    }

    /// The condition on a movement of revenue.
    var ofMovement: String { self == .onRealTime ? "NOT is_test" : "is_test" }

    /// The condition on a row of a tenant.
    func owns(_ tenant: String) -> String {
        "\(self == .onRealTime ? "NOT " : "")EXISTS (SELECT FROM main.test_clocks AS clock WHERE clock.tenant_id = \(tenant))"
    }
}

extension PostgresPool {
    /// Rows of a report on tenants, for operators.
    func reportRows(_ statement: PostgresStatement, _ values: [PostgresValue]) async throws -> [PostgresRow] {
        Array(try await query(statement, values, settings: TenantScope.everyTenant, as: .search).rows)
    }
}

/// SQL of reports. Sums of months come from indexes that have all they need; lists are read by key.
struct ReportRepository: Sendable {
    let pool: PostgresPool

    // MARK: Recurring revenue

    func revenue(_ range: ReportRange, of tenants: ReportTenants) async throws -> [RevenueReport.Line] {
        let openings = try await pool.reportRows(Self.openings[tenants], [.text(range.from.firstDay)]).map { row in
            RevenueReport.Opening(
                currency: try row.text(0), amount: try row.int64(1), tenants: try row.int64(2))
        }
        let movements = try await pool.reportRows(
            Self.movements[tenants], [.text(range.from.firstDay), .text(range.to.adding(1).firstDay)]
        ).compactMap { row -> RevenueReport.Movement? in
            guard let kind = RevenueMovement.Kind(rawValue: try row.text(2)) else { return nil }
            return RevenueReport.Movement(
                month: try row.text(0), currency: try row.text(1), kind: kind, amount: try row.int64(3),
                tenants: try row.int64(4))
        }
        return RevenueReport.lines(range, openings, movements)
    }

    private static let openings = ReportTenants.Statements { tenants in
        """
        SELECT currency_code::text, sum(amount)::bigint,
            count(*) FILTER (WHERE kind IN ('new', 'reactivated')) - count(*) FILTER (WHERE kind = 'churned')
        FROM main.revenue_movements WHERE day < $1::text::date AND \(tenants.ofMovement) GROUP BY currency_code
        """
    }

    private static let movements = ReportTenants.Statements { tenants in
        """
        SELECT to_char(day, 'YYYY-MM'), currency_code::text, kind::text, sum(amount)::bigint, count(*)
        FROM main.revenue_movements WHERE day >= $1::text::date AND day < $2::text::date AND \(tenants.ofMovement)
        GROUP BY 1, 2, 3
        """
    }

    /// What tenants pay a month at the end of a month.
    func revenueItems(
        _ month: ReportMonth, _ currency: String, of tenants: ReportTenants, after: Identifier, limit: Int
    ) async throws -> [PostgresRow] {
        try await pool.reportRows(
            Self.standing[tenants],
            [.text(month.adding(1).firstDay), .text(currency), .identifier(after), .int64(Int64(limit))])
    }

    private static let standing = ReportTenants.Statements { tenants in
        """
        SELECT tenant_id, sum(amount)::bigint FROM main.revenue_movements
        WHERE tenant_id > $3 AND currency_code = $2 AND day < $1::text::date AND \(tenants.ofMovement)
        GROUP BY tenant_id HAVING sum(amount) <> 0 ORDER BY tenant_id LIMIT $4
        """
    }

    /// What has happened in a month.
    func movementItems(
        _ month: ReportMonth, _ currency: String, of tenants: ReportTenants, after: (day: String, id: Identifier)?,
        limit: Int
    ) async throws -> [PostgresRow] {
        try await pool.reportRows(
            Self.happened[tenants],
            [
                .text(month.firstDay), .text(month.adding(1).firstDay), .text(currency),
                .text(after?.day ?? month.firstDay), .optional(after?.id) { .identifier($0) }, .int64(Int64(limit)),
            ])
    }

    private static let happened = ReportTenants.Statements { tenants in
        """
        SELECT id, day::text, tenant_id, subscription_id, kind::text, amount FROM main.revenue_movements
        WHERE day >= $1::text::date AND day < $2::text::date AND \(tenants.ofMovement) AND currency_code = $3
            AND ($5::uuid IS NULL OR (day, id) > ($4::text::date, $5))
        ORDER BY day, id LIMIT $6
        """
    }

    // MARK: Receivables

    /// Invoices that are open, with what is due.
    private static func receivables(_ tenants: ReportTenants) -> String {
        """
        SELECT invoice.id, invoice.number::text, invoice.tenant_id, invoice.currency_code::text, invoice.due_on::text,
            greatest(0, (\(tenants == .onRealTime ? "now()" : "main.tenant_now(invoice.tenant_id)") AT TIME ZONE 'UTC')::date
                - invoice.due_on::date) AS overdue,
            invoice.total - coalesce(invoice.credited, 0) AS amount
        FROM main.invoice
        WHERE invoice.invoice_status IN ('open', 'payment_due', 'posted', 'not_paid', 'pending') AND NOT invoice.deleted
            AND invoice.number IS NOT NULL AND invoice.due_on IS NOT NULL AND \(tenants.owns("invoice.tenant_id"))
        """
    }

    private static let bucket = """
        CASE WHEN overdue = 0 THEN 'current' WHEN overdue <= 30 THEN '1-30' WHEN overdue <= 60 THEN '31-60'
            WHEN overdue <= 90 THEN '61-90' ELSE '90+' END
        """

    /// The parts of ``aging()``, by days after the last day to pay.
    static let buckets = ["current", "1-30", "31-60", "61-90", "90+"]

    func aging(of tenants: ReportTenants) async throws -> [PostgresRow] {
        try await pool.reportRows(Self.agingSums[tenants], [])
    }

    private static let agingSums = ReportTenants.Statements { tenants in
        """
        SELECT currency_code, \(bucket) AS bucket, count(*), sum(amount)::bigint
        FROM (\(receivables(tenants))) AS open GROUP BY 1, 2 ORDER BY 1, min(overdue)
        """
    }

    func agingItems(
        _ currency: String, _ bucket: String, of tenants: ReportTenants, after: Identifier, limit: Int
    ) async throws -> [PostgresRow] {
        try await pool.reportRows(
            Self.agingRows[tenants], [.text(currency), .text(bucket), .identifier(after), .int64(Int64(limit))])
    }

    private static let agingRows = ReportTenants.Statements { tenants in
        """
        SELECT id, number, tenant_id, due_on, overdue, amount FROM (\(receivables(tenants))) AS open
        WHERE currency_code = $1 AND \(bucket) = $2 AND id > $3 ORDER BY id LIMIT $4
        """
    }
}
