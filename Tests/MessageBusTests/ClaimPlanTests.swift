import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

@testable import MessageBus

/// A queue is planned for while it is empty and read while it is long: the plan must not depend on statistics.
@Suite(.timeLimit(.minutes(20)))
struct ClaimPlanTests {
    @Test func `the outbox is looked up tenant by tenant, empty or full, with or without statistics`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let values: [PostgresValue] = [
                .int64(100), .int64(50), .identifier(.v4()), .int64(1), .identifier(Identifier(high: 0, low: 0)), .null,
            ]
            let fill = """
                INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
                SELECT gen_random_uuid(), 'A', 1, gen_random_uuid(), now(), '{}' FROM generate_series(1, 3000)
                """
            for preparation in [
                "ANALYZE main.outbox", fill, "ANALYZE main.outbox", "UPDATE main.outbox SET state = 1",
                "ANALYZE main.outbox", fill,
            ] {
                try await database.admin.execute(preparation)
                let plan = try await Self.plan(
                    OutboxStatements.claim, values, on: pool,
                    [PostgresSetting("app.tenant_id", "*")] + ClaimSettings.claiming)
                #expect(plan.contains("using outbox_pending_by_key on outbox"), "\(plan)")
                #expect(
                    !["Seq Scan", "Sort", "Hash", "outbox_pending "].contains { plan.contains($0) }, "\(plan)")
            }
        }
    }

    @Test func `deliveries are looked up lane by lane, empty or full, with or without statistics`() async throws {
        try await BusDatabase.withBus { database in
            let pool = database.runtime(as: BusDatabase.busRole)
            let values: [PostgresValue] = [
                .text("g"), .textArray(["A"]), .int64(8), .identifier(.v4()), .int64(1), .text(""), .null, .int64(16),
            ]
            let fill = """
                WITH stored AS (
                    INSERT INTO main.messages (event_id, type, version, tenant_id, occurred_at, data, published_at)
                    SELECT gen_random_uuid(), 'A', 1, gen_random_uuid(), now(), '{}', now()
                    FROM generate_series(1, 3000) RETURNING position, ordering_key)
                INSERT INTO main.deliveries (group_name, position, lane, type)
                SELECT 'g', position, 'g:' || ordering_key, 'A' FROM stored
                """
            for preparation in ["ANALYZE", fill, "ANALYZE", "DELETE FROM main.deliveries", "ANALYZE", fill] {
                try await database.admin.execute(preparation)
                let plan = try await Self.plan(PostgresBusStatements.claim, values, on: pool, ClaimSettings.claiming)
                #expect(plan.contains("using deliveries_lanes on deliveries"), "\(plan)")
                #expect(
                    !["Seq Scan", "Sort", "Hash", "deliveries_pending "].contains { plan.contains($0) },
                    "\(plan)")
            }
        }
    }

    @Test func `a claim does not read what waits behind the first event of a tenant`() async throws {
        try await BusDatabase.withOutbox { database in
            // One tenant with a long backlog, whose first event is claimed, and one event of another.
            try await database.admin.execute(
                """
                INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
                SELECT gen_random_uuid(), 'A', 1, '00000000-0000-4000-8000-000000000001', now(), '{}'
                FROM generate_series(1, 20000)
                """)
            let store = OutboxStore(pool: database.runtime())
            #expect(try await store.claim(limit: 100, runLength: 50, lease: .seconds(3600)).events.count == 50)
            let values: [PostgresValue] = [
                .int64(100), .int64(50), .identifier(.v4()), .int64(1), .identifier(Identifier(high: 0, low: 0)), .null,
            ]
            let plan = try await Self.plan(
                OutboxStatements.claim, values, on: database.runtime(),
                [PostgresSetting("app.tenant_id", "*")] + ClaimSettings.claiming, options: "(ANALYZE, BUFFERS)")
            let hits = try #require(plan.firstMatch(of: /Buffers: shared hit=(\d+)/)?.1)
            #expect(try #require(Int(hits)) < 200, "\(plan)")
        }
    }

    private static func plan(
        _ statement: PostgresStatement, _ values: [PostgresValue], on pool: PostgresPool, _ settings: [PostgresSetting],
        options: String = ""
    ) async throws -> String {
        let result = try await pool.query(
            PostgresStatement("EXPLAIN \(options) " + statement.sql, prepared: false), values, settings: settings)
        var lines: [String] = []
        for row in result.rows { lines.append(try row.text(0)) }
        return lines.joined(separator: "\n")
    }
}
