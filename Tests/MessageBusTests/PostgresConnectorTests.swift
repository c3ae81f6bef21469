import MessageBusTestSupport
import Migrations
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceLifecycle
import Synchronization
import Testing
import WorkQueue

@testable import MessageBus

@Suite(.timeLimit(.minutes(20)))
struct PostgresConnectorTests {
    @Test func `an event is kept byte for byte`() async throws {
        try await BusDatabase.withBus { database in
            let bus = database.bus()
            let event = try EventEnvelope(
                id: .v4(), type: "A", version: 7, tenantID: .v4(),
                occurredAt: Timestamp(milliseconds: 1_767_607_200_123),
                trace: TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                data: Array(#"{"z":1.500,"a":"\u0000é'\\","10":[12345678901234567890]}"#.utf8))
            #expect(try await bus.publish([event]) == [.published])
            let seen = Seen()
            let consumer = try bus.subscribe(group: "g", types: ["A"], configuration: TestBus.configuration) {
                seen.note($0)
            }
            try await running([{ try await consumer.run() }]) {
                try await eventually("it arrives") { seen.events(of: "g").count == 1 }
                #expect(seen.events(of: "g") == [event])
            }
        }
    }

    @Test func `the event that cannot be stored is found among those that can`() async throws {
        try await BusDatabase.withBus { database in
            let bus = database.bus()
            let broken = try EventEnvelope(
                id: .v4(), type: "A", tenantID: nil, occurredAt: SystemClock().now(), data: Array("{not json}".utf8))
            let outcomes = try await bus.publish([try numbered(1, of: nil), broken, try numbered(2, of: nil)])
            #expect(outcomes.count == 3 && outcomes[0] == .published && outcomes[2] == .published)
            guard case .rejected(let reason) = outcomes[1] else {
                Issue.record("the broken event was not rejected")
                return
            }
            #expect(!reason.contains("not json"))
            #expect(try await database.admin.count("SELECT count(*) FROM main.messages") == 2)
        }
    }

    @Test func `publishing throws during an outage of the database, so that nothing is counted`() async throws {
        try await BusDatabase.withBus { database in
            let pool = database.runtime(as: BusDatabase.busRole)
            let bus = PostgresConnector(pool: pool, listener: nil, logger: testLogger)
            await pool.shutdown()
            await #expect(throws: MessageBusError.self) { try await bus.publish([try numbered(1, of: nil)]) }
        }
    }

    @Test func `the lease of a slow handler is renewed`() async throws {
        try await BusDatabase.withBus { database in
            let bus = database.bus()
            // Nobody else gets it unless this process has no CPU for longer.
            let lease = Duration.seconds(15)
            let calls = Mutex(0)
            let isReleased = Mutex(false)
            let configuration = ConsumerConfiguration(lease: lease, pollInterval: .milliseconds(20))
            let consumers = try (0..<2).map { _ in
                try bus.subscribe(group: "g", types: ["A"], configuration: configuration) { _ in
                    calls.withLock { $0 += 1 }
                    while !isReleased.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
                }
            }
            try await running(consumers.map { consumer in { try await consumer.run() } }) {
                _ = try await bus.publish([try numbered(1, of: .v4(), type: "A")])
                var ends: Set<Timestamp> = []
                try await eventually("the lease is renewed again and again") {
                    let row = try await database.admin.query(
                        PostgresStatement("SELECT visible_at FROM main.deliveries", prepared: false)
                    ).first
                    if let end = try row?.timestampIfPresent(0) { ends.insert(end) }
                    return ends.count > 2
                }
                isReleased.withLock { $0 = true }
                try await eventually("it is done") {
                    try await database.admin.count("SELECT count(*) FROM main.deliveries") == 0
                }
            }
            #expect(calls.withLock { $0 } == 1)
        }
    }

    @Test func `a handler that lost its event is stopped, and the event is left to the other`() async throws {
        try await BusDatabase.withBus { database in
            let bus = database.bus()
            let wasCancelled = Mutex(false)
            let (entered, continuation) = AsyncStream<Void>.makeStream()
            let consumer = try bus.subscribe(
                group: "g", types: ["A"],
                configuration: ConsumerConfiguration(lease: .milliseconds(300), pollInterval: .seconds(3600))
            ) { _ in
                continuation.yield()
                do { try await Task.sleep(for: .seconds(3600)) } catch {
                    wasCancelled.withLock { $0 = true }
                    throw error
                }
            }
            try await running([{ try await consumer.run() }]) {
                _ = try await bus.publish([try numbered(1, of: .v4(), type: "A")])
                for await _ in entered { break }
                let other = Identifier.v4()
                try await database.admin.execute(
                    "UPDATE main.deliveries SET claim = '\(other)', visible_at = now() + interval '1 hour'")
                try await eventually("the handler is cancelled") { wasCancelled.withLock { $0 } }
            }
            #expect(
                try await database.admin.count(
                    "SELECT count(*) FROM main.deliveries WHERE claim IS NOT NULL AND attempts = 0") == 1)
        }
    }

    @Test func `a consumer lets its handlers finish on graceful shutdown`() async throws {
        try await BusDatabase.withBus { database in
            let bus = database.bus()
            let (entered, continuation) = AsyncStream<Void>.makeStream()
            let isReleased = Mutex(false)
            let seen = Seen()
            let consumer = try bus.subscribe(
                group: "g", types: ["A"],
                configuration: ConsumerConfiguration(pollInterval: .seconds(3600), drainTimeout: .seconds(60))
            ) { delivery in
                continuation.yield()
                while !isReleased.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
                seen.note(delivery)
            }
            let group = ServiceGroup(services: [consumer, bus], logger: testLogger)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                _ = try await bus.publish([try numbered(1, of: .v4(), type: "A")])
                for await _ in entered { break }
                await group.triggerGracefulShutdown()
                // Time enough to be cancelled, were the handler not waited for; with less of it the test is easier.
                try await Task.sleep(for: .milliseconds(300))
                isReleased.withLock { $0 = true }
                try await tasks.waitForAll()
            }
            #expect(seen.events(of: "g").count == 1)
            #expect(try await database.admin.count("SELECT count(*) FROM main.deliveries") == 0)
        }
    }

    @Test func `messages that are old and that no group waits for are purged`() async throws {
        try await BusDatabase.withBus { database in
            let clock = ManualClock(SystemClock().now())
            let bus = database.bus(clock: clock, retention: .seconds(3600))
            let seen = Seen()
            let consumer = try bus.subscribe(group: "g", types: ["A"], configuration: TestBus.configuration) {
                seen.note($0)
            }
            try await running([{ try await consumer.run() }]) {
                _ = try await bus.publish([try numbered(1, of: nil, type: "A"), try numbered(2, of: nil, type: "B")])
                try await eventually("A is handled") {
                    try await database.admin.count("SELECT count(*) FROM main.deliveries") == 0
                        && seen.events(of: "g").count == 1
                }
            }
            _ = try await bus.publish([try numbered(3, of: nil, type: "A")])
            clock.advance(by: .seconds(3000))
            #expect(try await bus.purge() == 0)
            clock.advance(by: .seconds(1800))
            #expect(try await bus.purge() == 2, "the third still waits for its group")
            try await bus.removeGroup("g")
            #expect(try await bus.purge() == 1)
            #expect(try await database.admin.count("SELECT count(*) FROM main.consumer_groups") == 0)
        }
    }

    @Test func `a new group gets what is kept chunk by chunk, while publishers hold the lock`() async throws {
        try await BusDatabase.withBus { database in
            let chunks = 3
            let count = PostgresBusStatements.backfillSize * (chunks - 1) + 10
            try await database.admin.execute(
                """
                INSERT INTO main.messages (event_id, type, version, occurred_at, data, published_at)
                SELECT gen_random_uuid(), CASE number % 2 WHEN 0 THEN 'A' ELSE 'B' END, 1, now(), '{}', now()
                FROM generate_series(1, \(count)) AS number
                """)
            let pool = database.runtime(as: BusDatabase.busRole)
            let store = PostgresDeliveryStore(
                pool: pool, listener: nil, subscription: try Subscription(group: "g", types: ["A"]),
                logger: testLogger)
            // A node that died after it had registered the group.
            var batch = PostgresBatch()
            batch.add(PostgresBusStatements.planBackfill, [.text("g"), .textArray(["A"])])
            batch.add(PostgresBusStatements.register, [.text("g"), .textArray(["A"])])
            _ = try await pool.run(batch)
            try await pool.withTransaction { publisher in
                _ = try await publisher.query(PostgresBusStatements.lockShared)
                try await store.prepare()
            }
            #expect(try await database.admin.count("SELECT count(*) FROM main.deliveries") == count / 2)
            #expect(try await database.admin.count("SELECT count(*) FROM main.consumer_backfills") == 0)
            try await store.prepare()
            #expect(try await database.admin.count("SELECT count(*) FROM main.deliveries") == count / 2)
        }
    }

    private static func store(_ database: BusDatabase) async throws -> PostgresDeliveryStore {
        let store = PostgresDeliveryStore(
            pool: database.runtime(as: BusDatabase.busRole), listener: nil,
            subscription: try Subscription(group: "g", types: ["A"]), logger: testLogger)
        try await store.prepare()
        return store
    }

    @Test func `claims take the tenants in turn, however much older the events of another one are`() async throws {
        try await BusDatabase.withBus { database in
            let store = try await Self.store(database)
            // In the order of claims; the oldest events belong to the last tenants.
            let tenants = (1...3).map { Identifier(high: 0x4000, low: 0x8000_0000_0000_0000 | UInt64($0)) }
            for tenant in tenants.reversed() {
                _ = try await database.bus().publish(try (0..<20).map { try numbered($0, of: tenant, type: "A") })
            }
            var claimed: [Identifier?] = []
            for _ in 0..<6 {
                let delivery = try #require(
                    try await store.claim(ClaimRequest(limit: 1, lease: .seconds(3600))).first)
                claimed.append(delivery.event.tenantID)
                _ = try await store.settle([(delivery, .done(()))])
            }
            #expect(claimed == tenants + tenants)
        }
    }

    @Test func `a claim whose response was lost is returned with the next one, whatever that asks for`() async throws {
        try await BusDatabase.withBus { database in
            let store = try await Self.store(database)
            let tenant = Identifier.v4()
            _ = try await database.bus().publish(try (0..<3).map { try numbered($0, of: tenant, type: "A") })
            // The server's side of a lost answer: a claim that the store only remembers.
            let lost = try await store.claim(ClaimRequest(limit: 4, runLength: 3, lease: .seconds(3600)))
            #expect(lost.count == 3)
            store.loseAnswer(of: try #require(lost.first).handle.claim, runLength: 3)
            for delivery in lost {
                let next = try await store.claim(ClaimRequest(limit: 1, runLength: 1, lease: .seconds(3600)))
                #expect(next.map(\.event) == [delivery.event])
                #expect(try await store.settle([(try #require(next.first), .done(()))]).count == 1)
            }
        }
    }

    @Test func `a queue without work is never due, so that nobody polls it`() async throws {
        try await BusDatabase.withBus { database in
            let due = try await Self.store(database).timeUntilDue()
            #expect(due == nil)
        }
        try await BusDatabase.withOutbox { database in
            let outlook = try await OutboxStore(pool: database.runtime()).outlook()
            #expect(outlook.timeUntilDue == nil)
        }
    }

    @Test func `the migration goes back and forth`() async throws {
        try await BusDatabase.withoutTables(of: BusDatabase.bus) { database in
            let migrator = database.migrator(MessageBusMigrations.all)
            let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'main' AND tablename <> 'schema_migrations'"
            for _ in 0..<2 {
                _ = try await migrator.up()
                #expect(try await database.admin.count(tables) == 4)
                _ = try await migrator.down(to: 0)
                #expect(try await database.admin.count(tables) == 0)
            }
        }
    }
}
