import MessageBus
import MessageBusTestSupport
import Migrations
import PostgresClient
import PostgresTestSupport
import Primitives
import RedisClient
import RedisTestSupport
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing
import WorkQueue

@testable import MessageBusBullMQ

/// Redis is not the truth: whatever it loses is published again, and has its effect once.
@Suite(.timeLimit(.minutes(20))) struct RedisLossTests {
    private static let role = "bullmq_test_app"

    private static let service = DatabaseTemplate(
        "bullmq_service_test", runtimeRole: role,
        migrations: [
            Migration(
                number: 1, name: "service",
                up: OutboxSchema.up(runtimeRole: role) + OutboxSchema.logUp(runtimeRole: role)
                    + OutboxSchema.rulesInPolicies + InboxSchema.up(runtimeRole: role) + """
                        CREATE TABLE main.effects (event_id uuid NOT NULL);
                        GRANT SELECT, INSERT ON main.effects TO \(role);
                        """,
                down: "DROP TABLE main.effects;" + InboxSchema.down + OutboxSchema.logDown + OutboxSchema.down)
        ])

    private static let apply: PostgresStatement = "INSERT INTO main.effects (event_id) VALUES ($1)"

    /// A service with an outbox, a relay, a consumer with an inbox, and a Redis.
    private struct Stage: Sendable {
        let server: RedisServerProcess
        let admin: PostgresPool
        let pool: PostgresPool

        func commit(_ count: Int) async throws {
            let tenants = (0..<5).map { _ in Identifier.v4() }
            for number in 0..<count {
                var batch = PostgresBatch(settings: [PostgresSetting("app.tenant_id", "*")])
                batch.add(try numbered(number, of: tenants[number % 5], type: "A"))
                _ = try await admin.run(batch)
            }
        }

        func effects() async throws -> Int { try await admin.count("SELECT count(*) FROM main.effects") }

        func pending() async throws -> Int {
            try await admin.count("SELECT count(*) FROM main.outbox WHERE state <> 1")
        }

        func relay() throws -> @Sendable () async throws -> Void {
            let relay = OutboxRelay(
                pool: pool, connector: try BullMQTestBus.connector(server), listener: nil,
                configuration: OutboxRelayConfiguration(
                    lease: .seconds(5), pollInterval: .milliseconds(100), recollectionInterval: .milliseconds(100)),
                logger: testLogger)
            return { await relay.run() }
        }

        func consumer() throws -> @Sendable () async throws -> Void {
            let pool = self.pool
            let consumer = try BullMQTestBus.connector(server).subscribe(
                group: "effects", types: ["A"],
                configuration: ConsumerConfiguration(
                    concurrency: 3, lease: .seconds(1),
                    backOff: BackOff(initial: .milliseconds(5), maximum: .milliseconds(50)), maximumAttempts: 1000,
                    pollInterval: .milliseconds(200))
            ) { delivery in
                var batch = PostgresBatch(settings: [PostgresSetting("app.tenant_id", "*")])
                batch.add(
                    Inbox.claimOrFail(delivery.event.id, consumer: delivery.group, at: SystemClock().now()))
                batch.add(RedisLossTests.apply, [.identifier(delivery.event.id)])
                do throws(PostgresError) { _ = try await pool.run(batch) } catch {
                    guard Inbox.isDuplicate(error) else { throw error }
                }
            }
            return { try await consumer.run() }
        }
    }

    private func onStage(
        _ options: [String], _ body: (Stage) async throws -> Void
    ) async throws {
        let server = try await RedisServerProcess(options)
        try await TestDatabase.with(Self.service) { database in
            try await database.withPool(connections: 4) { admin in
                let pool = PostgresPool(
                    configuration: database.configuration(user: Self.role, connections: 6), logger: testLogger)
                try await body(Stage(server: server, admin: admin, pool: pool))
            }
        }
    }

    private func expectAll(_ count: Int, on stage: Stage) async throws {
        try await eventually("all effects are there, and nothing is under way") {
            let effects = try await stage.effects()
            let pending = try await stage.pending()
            return effects >= count && pending == 0
        }
        #expect(try await stage.effects() == count)
        #expect(
            try await stage.admin.count("SELECT count(DISTINCT event_id) FROM main.effects") == count)
    }

    @Test func `nothing is lost and nothing doubled when Redis is wiped in the middle`() async throws {
        try await onStage([]) { stage in
            let client = RedisClient(configuration: stage.server.configuration, logger: testLogger)
            try await running([try stage.relay(), try stage.relay(), try stage.consumer()]) {
                let wiping = Task {
                    for _ in 0..<4 {
                        // Now and then in the middle of the work; when exactly does not matter.
                        try await Task.sleep(for: .milliseconds(120))
                        _ = try await client.send(["FLUSHALL"])
                    }
                }
                try await stage.commit(200)
                try await wiping.value
                try await expectAll(200, on: stage)
            }
            await client.shutdown()
        }
    }

    @Test func `events that Redis lost before anybody took them come again`() async throws {
        try await onStage([]) { stage in
            try await running([try stage.relay()]) {
                try await stage.commit(20)
                try await eventually("all are published") { try await stage.pending() == 0 }
                let client = RedisClient(configuration: stage.server.configuration, logger: testLogger)
                _ = try await client.send(["FLUSHALL"])
                await client.shutdown()
                // The consumer comes later than the loss.
                try await running([try stage.consumer()]) { try await expectAll(20, on: stage) }
            }
        }
    }

    @Test(arguments: [true, false])
    func `nothing is lost and nothing doubled when Redis is killed in the middle`(isSaving: Bool) async throws {
        // Without saving, Redis comes back empty; with it, it may have lost the last moments.
        try await onStage(isSaving ? ["--appendonly", "yes", "--appendfsync", "everysec"] : []) { stage in
            try await running([try stage.relay(), try stage.consumer()]) {
                for _ in 0..<3 {
                    try await stage.commit(40)
                    try await stage.server.stop()
                    try await stage.commit(10)
                    try await stage.server.start()
                }
                try await expectAll(150, on: stage)
            }
        }
    }

    @Test func `what a restarted Redis has lost is published again, and only that`() async throws {
        try await onStage([]) { stage in
            let bus = try BullMQTestBus.connector(stage.server)
            let now = SystemClock().now()
            guard case .lost(let since, let token) = try await bus.check("outbox", at: now) else {
                throw TestFailure("an empty Redis has everything")
            }
            #expect(since == now.adding(.seconds(-86_400)))
            let other = try BullMQTestBus.connector(stage.server)
            #expect(try await other.check("outbox", at: now) == .awaitsOther)
            let again = try await bus.check("outbox", at: now)
            #expect(again == .lost(since: since, token: token), "who was interrupted goes on")
            #expect(try await bus.recovered("outbox", at: now, token: token))
            #expect(try await bus.check("outbox", at: now) == .kept)
            // Another node has published nothing yet that could be lost.
            #expect(try await other.check("outbox", at: now) == .kept)
            #expect(try await other.check("another", at: now) != .kept)

            // The server has another run id, and what it has is older.
            let key = bus.base.name.key("arc:outbox:outbox")
            let remembered = try #require(try await bus.client.send(["GET", .text(key)]).text?.split(separator: " "))
            _ = try await bus.client.send(["SET", .text(key), .text("\(remembered[0]) before \(now.microseconds)")])
            guard case .lost(let from, let next) = try await bus.check("outbox", at: now.adding(.seconds(9))) else {
                throw TestFailure("a restarted Redis has everything")
            }
            #expect(from == now)
            #expect(try await bus.recovered("outbox", at: now, token: next))

            // A publisher that does not know yet is refused, so that nothing overtakes what was lost.
            _ = try await bus.client.send(["FLUSHALL"])
            let error = await #expect(throws: MessageBusError.self) {
                try await bus.publish([try numbered(1, of: nil, type: "A")])
            }
            #expect(error?.isDependencyUnavailable == true)
            #expect(try await bus.recovered("outbox", at: now, token: next) == false)
            for connector in [bus, other] { await connector.client.shutdown() }
        }
    }
}
