import Entities
import PostgresClient
import Primitives

/// SQL of what tenants bring in and cost.
struct TenantReportRepository: Sendable {
    let pool: PostgresPool

    private static func values(_ range: ReportRange) -> [PostgresValue] {
        [
            .text(range.from.firstDay), .text(range.to.adding(1).firstDay), .text(range.from.description),
            .text(range.to.description),
        ]
    }

    /// The tenants of a page, and what each has brought in and cost, currency by currency.
    /// - Returns: The last tenant of the page if there may be another one.
    func page(
        _ range: ReportRange, of owners: ReportTenants, after: Identifier, limit: Int
    ) async throws -> (rows: [PostgresRow], last: Identifier?) {
        let tenants = try await pool.reportRows(Self.tenants[owners], [.identifier(after), .int64(Int64(limit))]).map {
            try $0.identifier(0)
        }
        guard !tenants.isEmpty else { return ([], nil) }
        let sums = try await pool.reportRows(Self.sums, Self.values(range) + [.identifierArray(tenants)])
        return (sums, tenants.count == limit ? tenants.last : nil)
    }

    private static let tenants = ReportTenants.Statements { owners in
        """
        SELECT tenant_id FROM (
            (SELECT DISTINCT tenant_id FROM main.ledger_entries AS entry
                WHERE tenant_id > $1 AND \(owners.owns("entry.tenant_id")) ORDER BY tenant_id LIMIT $2)
            UNION (SELECT DISTINCT tenant_id FROM main.tenant_costs AS cost
                WHERE tenant_id > $1 AND \(owners.owns("cost.tenant_id")) ORDER BY tenant_id LIMIT $2)) AS known
        ORDER BY tenant_id LIMIT $2
        """
    }

    /// Revenue is what was billed less discounts and credits; taxes are none.
    private static let entries = """
        SELECT entry.id, 'revenue' AS type, entry.tenant_id, entry.currency_code::text AS currency,
            (entry.booked_on AT TIME ZONE 'UTC')::date::text AS day, entry.kind::text AS kind, entry.invoice_id, NULL AS description,
            -entry.amount AS amount
        FROM main.ledger_entries AS entry
        WHERE entry.tenant_id = ANY($5) AND entry.account IN ('revenue', 'discounts') AND entry.booked_on >= $1::text::timestamp AT TIME ZONE 'UTC'
            AND entry.booked_on < $2::text::timestamp AT TIME ZONE 'UTC'
        UNION ALL
        SELECT cost.id, 'cost', cost.tenant_id, cost.currency_code::text, cost.month || '-01', 'cost', NULL, cost.description::text,
            cost.amount
        FROM main.tenant_costs AS cost
        WHERE cost.tenant_id = ANY($5) AND cost.month >= $3 AND cost.month <= $4
        """

    private static let sums = PostgresStatement(
        """
        SELECT tenant_id, currency, coalesce(sum(amount) FILTER (WHERE type = 'revenue'), 0)::bigint,
            coalesce(sum(amount) FILTER (WHERE type = 'cost'), 0)::bigint
        FROM (\(entries)) AS entry GROUP BY tenant_id, currency ORDER BY tenant_id, currency
        """)

    /// What the revenue and the cost of a tenant consist of.
    func items(
        _ range: ReportRange, of tenant: Identifier, _ currency: String, after: Identifier, limit: Int
    ) async throws -> [PostgresRow] {
        try await pool.reportRows(
            Self.items,
            Self.values(range) + [
                .identifierArray([tenant]), .text(currency), .identifier(after), .int64(Int64(limit)),
            ])
    }

    private static let items = PostgresStatement(
        """
        SELECT id, type, day, kind, invoice_id, description, amount FROM (\(entries)) AS entry
        WHERE currency = $6 AND id > $7 ORDER BY id LIMIT $8
        """)

    /// The statement that sets what a tenant costs in a month.
    static func setCost(_ cost: TenantCost) -> BoundStatement {
        BoundStatement(
            setting,
            [
                .identifier(cost.tenant), .text(cost.month.description), .text(cost.currency), .int64(cost.amount),
                .optional(cost.description) { .text($0) },
            ])
    }

    private static let setting: PostgresStatement = """
        INSERT INTO main.tenant_costs AS known (tenant_id, month, currency_code, amount, description)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (tenant_id, month, currency_code) DO UPDATE SET
            amount = excluded.amount, description = excluded.description, changed_on = now()
        """
}

/// What a tenant costs in a month, in minor units.
struct TenantCost: Sendable, Hashable {
    let tenant: Identifier
    let month: ReportMonth
    let currency: String
    let amount: Int64
    let description: String?
}
