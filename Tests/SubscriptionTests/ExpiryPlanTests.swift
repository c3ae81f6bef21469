import Billing
import Entities
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

@testable import Subscription

/// Lists of ending subscriptions read a page and not what lies before or behind it, shown by the plans of 100,000 rows as
/// the runtime role sees them.
@Suite(.timeLimit(.minutes(20))) struct ExpiryPlanTests {
    @Test func `lists of ending subscriptions are read from the index, a page at a time`() async throws {
        try await TestDatabase.with(.subscription) { try await check($0) }
    }

    private func check(_ database: TestDatabase) async throws {
        try await run(
            """
            WITH billed AS (
                INSERT INTO main.invoice (id, invoice_id, tenant_id, currency_code, subtotal, total)
                SELECT gen_random_uuid(), 'in_1', gen_random_uuid(), 'USD', 1, 1 RETURNING id)
            INSERT INTO main.subscriptions (subscriber_id, plan_id, start_date, end_date, status, invoice_id)
            SELECT gen_random_uuid(), plan.id, '2019-01-01', (DATE '2020-01-01' + n % 3000)::text, n % 5, billed.id
            FROM billed, generate_series(1, 100000) AS n CROSS JOIN LATERAL (SELECT id FROM main.plans LIMIT 1) AS plan
            """, on: database)
        try await run("ANALYZE main.subscriptions", on: database)
        let today = try CalendarDate("2024-06-01")
        let scope = TenantScope.operatorScope(actor: Actor(id: ""))
        let after = ExpiryPage.Position(endDate: "2024-01-01", id: .v4())
        for page in [ExpiryPage(limit: 100), ExpiryPage(limit: 100, after: after)] {
            for query in [
                ExpiryQuery.expired(by: today, endedAfter: try today.adding(days: -365), page, in: scope),
                ExpiryQuery.expiring(after: today, through: try today.adding(days: 7), page, in: scope),
            ] {
                let lines = try await explain(query, on: database)
                let plan = lines.joined(separator: "\n")
                #expect(plan.contains("idx_subscriptions_end") && !plan.contains("Seq Scan"), "\(plan)")
                let removed = lines.compactMap { line in
                    line.contains("Rows Removed by Filter") ? line.split(separator: " ").last.flatMap { Int($0) } : nil
                }
                #expect(removed.allSatisfy { $0 < 100 }, "\(plan)")
                let pages = plan.matches(of: /(?:hit|read)=(\d+)/).compactMap { Int($0.output.1) }.max() ?? 0
                #expect(pages < 500, "\(plan)")
            }
        }
    }

    private func explain(_ query: BoundStatement, on database: TestDatabase) async throws -> [String] {
        let sql = "EXPLAIN (ANALYZE, BUFFERS) \(query.sql)"
        let role = SubscriptionMigrations.runtimeRole
        return try await run(sql, query.values, as: role, on: database).rows.map { try $0.text(0) }
    }

    /// Runs a statement for as long as it takes: filling a table may be slow on a busy machine.
    @discardableResult
    private func run(
        _ sql: String, _ values: [PostgresValue] = [], as role: String? = nil, on database: TestDatabase
    ) async throws -> PostgresResult {
        var configuration = database.configuration(user: role)
        configuration.statementTimeout = .zero
        let statement = PostgresStatement(sql, prepared: false)
        return try await withPool(configuration) { pool in
            try await pool.query(statement, values, settings: TenantScope.everyTenant)
        }
    }
}
