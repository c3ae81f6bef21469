import Entities
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Sealing
import StackTestSupport
import Testing

@testable import TenantManagement

/// What is older than its retention is deleted, however much it is, and readers of the feed learn where it begins now.
@Suite(.timeLimit(.minutes(20))) struct WebhookRetentionTests {
    private static let clock = ManualClock(Timestamp(iso8601: "2026-03-01T00:00:00Z") ?? Timestamp(seconds: 0))
    private static let days = Duration.seconds(30 * 86_400)
    private static let chunk = EventFeedRepository.purgeSize

    private func with(_ body: (TestDatabase, PostgresPool) async throws -> Void) async throws {
        try await TestDatabase.with(.tenantManagement) { database in
            try await database.withPool(user: database.template.runtimeRole, connections: 4) { pool in
                try await body(database, pool)
            }
        }
    }

    // MARK: The feed

    /// Stores events with the positions from 1 on, those up to `expired` of January, the others of the day before the present.
    private static func fillFeed(
        _ database: TestDatabase, tenant: String = "00000000-0000-4000-8000-00000000000a", expired: Int, kept: Int
    ) async throws {
        try await database.query(
            """
            INSERT INTO main.event_feed
                (position, tenant_id, sequence, own_sequence, event_id, type, occurred_at, recorded_on, data)
            SELECT n, $1::uuid, n, CASE WHEN n % 2 = 0 THEN n / 2 END, gen_random_uuid(), 'TENANT_CREATED', at, at, '{}'
            FROM generate_series(1, $2::integer + $3::integer) AS n,
                LATERAL (SELECT CASE WHEN n <= $2 THEN '2026-01-01T00:00Z'::timestamptz ELSE '2026-02-28T00:00Z' END AS at) AS time
            """, [.text(tenant), .int32(Int32(expired)), .int32(Int32(kept))])
        try await database.query("UPDATE main.event_positions SET last_position = $1", [.int64(Int64(expired + kept))])
        try await database.query(
            """
            INSERT INTO main.event_counters (tenant_id, last_sequence, last_own_sequence) VALUES ($1::uuid, $2, $2 / 2)
            ON CONFLICT (tenant_id) DO UPDATE SET last_sequence = excluded.last_sequence,
                last_own_sequence = excluded.last_own_sequence
            """, [.text(tenant), .int64(Int64(expired + kept))])
    }

    private func feedRetention(_ pool: PostgresPool) -> EventFeedRetention {
        EventFeedRetention(
            repository: EventFeedRepository(pool: pool), retention: Self.days, clock: Self.clock, logger: testLogger)
    }

    private func positions(_ database: TestDatabase) async throws -> String {
        try await database.texts(
            "SELECT count(*) || ' from ' || coalesce(min(position), 0) FROM main.event_feed")[0]
    }

    @Test func `the feed is purged in parts, and one round deletes everything that is too old`() async throws {
        try await with { database, pool in
            let expired = 2 * Self.chunk + 500
            try await Self.fillFeed(database, expired: expired, kept: 20)
            let instant = Self.clock.now().adding(.zero - Self.days)
            #expect(try await EventFeedRepository(pool: pool).purge(before: instant) == Self.chunk)
            #expect(try await positions(database) == "\(expired + 20 - Self.chunk) from \(Self.chunk + 1)")
            await feedRetention(pool).purge()
            #expect(try await positions(database) == "20 from \(expired + 1)")
            await feedRetention(pool).purge()
            #expect(try await positions(database) == "20 from \(expired + 1)")
        }
    }

    @Test func `nodes that purge at the same time delete what one of them would`() async throws {
        try await with { database, pool in
            let expired = 3 * Self.chunk
            try await Self.fillFeed(database, expired: expired, kept: 5)
            _ = await concurrently(4, width: 4) { _ in await feedRetention(pool).purge() }
            #expect(try await positions(database) == "5 from \(expired + 1)")
        }
    }

    /// Nodes record events by clocks that differ: what is kept must have no gap all the same.
    @Test func `an old event behind a newer one is kept as long as that one`() async throws {
        try await with { database, pool in
            try await Self.fillFeed(database, expired: 10, kept: 0)
            try await database.query(
                "UPDATE main.event_feed SET recorded_on = '2026-02-28T00:00Z' WHERE position = 5")
            await feedRetention(pool).purge()
            #expect(try await positions(database) == "6 from 5")
        }
    }

    @Test func `the answer to a purged number says where each feed begins`() async throws {
        // The service itself keeps everything.
        let environment = ["PROVISION_ON_CREATE": "false", "EVENT_FEED_RETENTION_DAYS": "3650"]
        try await TestStack.run([.tenantManagement], environment: environment) { stack in
            let database = try stack.database(.tenantManagement)
            let tenant = try await stack.createTenantID()
            try await eventually("its creation is in the feed") {
                try await database.count("SELECT count(*) FROM main.event_feed") == 1
            }
            try await database.query("DELETE FROM main.event_feed")
            try await Self.fillFeed(database, tenant: tenant, expired: 10, kept: 4)
            try await database.withPool(user: database.template.runtimeRole) { await feedRetention($0).purge() }
            let user = try await stack.tokens.userToken(tenant: tenant)
            // Each feed, where it begins now, and its last number.
            let feeds = [("", stack.admin, 11, 14), ("&tenantId=\(tenant)", stack.admin, 11, 14), ("", user, 6, 7)]
            for (query, token, first, last) in feeds {
                let client = stack.tenantManagement
                for after in [0, 1, first - 2] {
                    let expired = try await client.get("/events/feed?after=\(after)\(query)", token: token).expect(410)
                    #expect(expired.errorCode == "FEED_EXPIRED")
                    #expect(expired.details[0]["info"]?["firstAvailable"] == .integer(first))
                }
                for path in ["/events/feed?after=\(first - 1)\(query)", "/events/feed?limit=100\(query)"] {
                    let rest = try await client.get(path, token: token).expect(200).json
                    let numbers = (rest["events"]?.arrayValue ?? []).compactMap { $0["sequence"]?.intValue }
                    #expect(numbers == Array(first...last))
                    #expect(rest["next"] == .integer(last) && rest["last"] == .integer(last))
                }
            }
            // The same when nothing is kept any more.
            try await database.query("UPDATE main.event_feed SET recorded_on = '2026-01-01T00:00Z'")
            try await database.withPool(user: database.template.runtimeRole) { await feedRetention($0).purge() }
            for (query, token, _, last) in feeds {
                let client = stack.tenantManagement
                let expired = try await client.get("/events/feed?after=\(last - 1)\(query)", token: token).expect(410)
                #expect(expired.details[0]["info"]?["firstAvailable"] == .integer(last + 1))
                let end = try await client.get("/events/feed?after=\(last)\(query)", token: token).expect(200)
                #expect(end.json == ["events": [], "next": .integer(last), "last": .integer(last)])
            }
        }
    }

    // MARK: Deliveries

    private static func fillDeliveries(_ database: TestDatabase, expired: Int, kept: Int) async throws {
        try await database.query(
            """
            INSERT INTO main.webhook_endpoints (id, url, event_types, is_enabled)
            VALUES ('\(endpoint)', 'https://hooks.example.com/', '{}', false)
            """)
        try await database.query(
            """
            INSERT INTO main.webhook_deliveries
                (id, endpoint_id, event_id, event_type, status, body, next_attempt_on, created_on)
            SELECT gen_random_uuid(), '\(endpoint)', gen_random_uuid(), 'TENANT_CREATED',
                (ARRAY['PENDING', 'SUCCEEDED', 'FAILED'])[1 + n % 3], '{}', now(),
                CASE WHEN n <= $1 THEN '2026-01-01T00:00Z'::timestamptz ELSE '2026-02-28T00:00Z' END
            FROM generate_series(1, $1::integer + $2::integer) AS n
            """, [.int32(Int32(expired)), .int32(Int32(kept))])
        try await database.query(
            """
            INSERT INTO main.webhook_attempts (id, delivery_id, number, started_on, duration_millis)
            SELECT gen_random_uuid(), id, number, created_on, 1 FROM main.webhook_deliveries, generate_series(1, 2) AS number
            """)
    }

    private static let endpoint = "00000000-0000-4000-8000-00000000000e"

    private func deliveryRetention(_ pool: PostgresPool) -> DeliveryRetention {
        DeliveryRetention(
            repository: DeliveryRepository(pool: pool),
            secrets: WebhookSecretRepository(pool: pool, sealer: Sealer(secret: "a key", purpose: "webhook-endpoints")),
            retention: Self.days, clock: Self.clock, logger: testLogger)
    }

    private func stored(_ database: TestDatabase) async throws -> String {
        try await database.texts(
            """
            SELECT (SELECT count(*) FROM main.webhook_deliveries) || ' with '
                || (SELECT count(*) FROM main.webhook_attempts)
            """)[0]
    }

    @Test func `deliveries are purged in parts with their attempts, in one round, whatever their state`() async throws {
        try await with { database, pool in
            let size = DeliveryRepository.purgeSize
            try await Self.fillDeliveries(database, expired: 2 * size + 10, kept: 7)
            let instant = Self.clock.now().adding(.zero - Self.days)
            #expect(try await DeliveryRepository(pool: pool).purge(before: instant) == size)
            #expect(try await stored(database) == "\(size + 17) with \(2 * (size + 17))")
            await deliveryRetention(pool).purge()
            #expect(try await stored(database) == "7 with 14")
            await deliveryRetention(pool).purge()
            #expect(try await stored(database) == "7 with 14")
        }
    }

    @Test func `records of replays are purged in one round, too`() async throws {
        try await with { database, pool in
            try await Self.fillDeliveries(database, expired: 1, kept: 1)
            let expired = 2 * DeliveryRepository.purgeSize + 10
            try await database.query(
                """
                INSERT INTO main.webhook_replays (id, endpoint_id, from_on, to_on, deliveries, created_on)
                SELECT gen_random_uuid(), '\(Self.endpoint)', at, at, 1, at
                FROM generate_series(1, $1::integer + 3) AS n, LATERAL (SELECT
                    CASE WHEN n <= $1 THEN '2026-01-01T00:00Z'::timestamptz ELSE '2026-02-28T00:00Z' END AS at) AS time
                """, [.int32(Int32(expired))])
            let instant = Self.clock.now().adding(.zero - Self.days)
            #expect(
                try await DeliveryRepository(pool: pool).purgeReplays(before: instant) == DeliveryRepository.purgeSize)
            await deliveryRetention(pool).purge()
            #expect(try await database.count("SELECT count(*) FROM main.webhook_replays") == 3)
        }
    }

    @Test func `a delivery that is being changed does not hold up the purge of the others`() async throws {
        try await with { database, pool in
            try await Self.fillDeliveries(database, expired: 50, kept: 1)
            try await database.withPool { admin in
                try await admin.withTransaction { transaction in
                    _ = try await transaction.query(
                        "SELECT id FROM main.webhook_deliveries ORDER BY created_on, id LIMIT 1 FOR UPDATE")
                    await deliveryRetention(pool).purge()
                    #expect(try await stored(database) == "2 with 4")
                }
            }
            await deliveryRetention(pool).purge()
            #expect(try await stored(database) == "1 with 2")
        }
    }
}
