import PostgresClient
import Primitives

// Prepaid credits: what is left equals the sum of the movements, and what the ledger owes.

extension BillingCheck {
    private static let tenantsAtOnce = 1_000

    /// The tenants with credits.
    func credits(after start: Identifier) async throws -> Page {
        try await reading { transaction in
            let rows = try await transaction.query(
                Self.pageOfCredits(isOfTenant: options.tenant != nil),
                [.identifier(start), .int64(Int64(Self.tenantsAtOnce))]
                    + (options.tenant.map { [.identifier($0)] } ?? [])
            ).rows
            var page = Page()
            if start == Self.first, options.tenant == nil { page.findings = try await orphans(transaction) }
            var tenants: Set<Identifier> = []
            for row in rows {
                let tenant = try row.identifier(0)
                tenants.insert(tenant)
                let (left, used, owed) = (try row.int64(2), try row.int64(3), try row.int64(4))
                guard left != used || left != owed else { continue }
                page.findings.append(
                    BillingFinding(
                        .prepaid, tenant: tenant,
                        "\(left) \(try row.text(1)) are left of prepaid credits, their movements add up to \(used), and the ledger owes \(owed)"
                    ))
            }
            page.count = tenants.count
            if tenants.count == Self.tenantsAtOnce { page.last = try rows.last?.identifier(0) }
            return page
        }
    }

    /// What the ledger owes to tenants that have no grants.
    private func orphans(_ transaction: PostgresTransaction) async throws -> [BillingFinding] {
        try await transaction.query(Self.owedToNobody).rows.map { row in
            BillingFinding(
                .prepaid, tenant: try row.identifierIfPresent(0),
                "the ledger owes \(try row.int64(2)) \(try row.text(1)) of prepaid credits, but there are no grants")
        }
    }

    private static let owedToNobody: PostgresStatement = """
        SELECT tenant_id, currency_code::text, -sum(amount)::bigint FROM main.ledger_entries AS entry
        WHERE account = 'credit_granted' AND NOT EXISTS (
            SELECT FROM main.credit_grants AS owned
            WHERE owned.tenant_id = entry.tenant_id AND owned.currency_code = entry.currency_code)
        GROUP BY tenant_id, currency_code HAVING sum(amount) <> 0 ORDER BY tenant_id, currency_code LIMIT 1000
        """

    private static func pageOfCredits(isOfTenant: Bool) -> PostgresStatement {
        PostgresStatement(
            """
            WITH page AS MATERIALIZED (
                SELECT DISTINCT tenant_id FROM main.credit_grants WHERE tenant_id > $1 \(isOfTenant ? "AND tenant_id = $3" : "")
                ORDER BY tenant_id LIMIT $2)
            SELECT page.tenant_id, left_over.currency_code::text, left_over.amount, left_over.used, (
                    SELECT -coalesce(sum(entry.amount), 0)::bigint FROM main.ledger_entries AS entry
                    WHERE entry.tenant_id = page.tenant_id AND entry.account = 'credit_granted'
                        AND entry.currency_code = left_over.currency_code)
            FROM page CROSS JOIN LATERAL (
                SELECT owned.currency_code, sum(owned.remaining)::bigint AS amount, sum(moved.amount)::bigint AS used
                FROM main.credit_grants AS owned CROSS JOIN LATERAL (
                    SELECT coalesce(sum(movement.amount), 0) AS amount FROM main.credit_uses AS movement
                    WHERE movement.grant_id = owned.id) AS moved
                WHERE owned.tenant_id = page.tenant_id GROUP BY owned.currency_code) AS left_over
            ORDER BY page.tenant_id, left_over.currency_code
            """)
    }
}
