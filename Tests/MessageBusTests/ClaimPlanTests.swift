import PostgresClient
import Primitives
import Testing

@testable import MessageBus

/// A queue is planned for while it is empty and read while it is long: the plan must not depend on statistics.
@Suite("Plans of claims", .timeLimit(.minutes(5)))
struct ClaimPlanTests {
    @Test("the outbox is read by position and looked up by tenant, empty or full, with or without statistics")
    func outbox() async throws {
        try await TestDatabase.withOutbox { database in
            let pool = database.runtime()
            let now = SystemClock().now()
            let values: [PostgresValue] = [.timestamp(now), .int64(100), .identifier(.v4()), .timestamp(now)]
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
                #expect(plan.contains("using outbox_pending on outbox head"), "\(plan)")
                #expect(plan.contains("using outbox_pending_by_key on outbox earlier"), "\(plan)")
                #expect(!plan.contains("Seq Scan") && !plan.contains("Sort"), "\(plan)")
            }
        }
    }

    @Test("deliveries are read by position and looked up by lane, empty or full, with or without statistics")
    func deliveries() async throws {
        try await TestDatabase.withBus { database in
            let pool = database.runtime(as: "message_bus_app")
            let now = SystemClock().now()
            let values: [PostgresValue] = [
                .text("g"), .textArray(["A"]), .timestamp(now), .int64(8), .identifier(.v4()), .timestamp(now),
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
                #expect(plan.contains("using deliveries_pending on deliveries head"), "\(plan)")
                #expect(plan.contains("using deliveries_pending_by_lane on deliveries earlier"), "\(plan)")
                #expect(!plan.contains("Seq Scan") && !plan.contains("Sort"), "\(plan)")
            }
        }
    }

    private static func plan(
        _ statement: PostgresStatement, _ values: [PostgresValue], on pool: PostgresPool, _ settings: [PostgresSetting]
    ) async throws -> String {
        let result = try await pool.query(
            PostgresStatement("EXPLAIN " + statement.sql, prepared: false), values, settings: settings)
        var lines: [String] = []
        for row in result.rows { lines.append(try row.text(0)) }
        return lines.joined(separator: "\n")
    }
}
