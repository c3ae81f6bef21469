import MessageBusTestSupport
import Migrations
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

@testable import MessageBus

@Suite(.timeLimit(.minutes(20)))
struct OutboxTests {
    @Test func `what was committed is published as it was written, and nothing that was rolled back`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let tenant = Identifier.v4()
            let committed = try EventEnvelope(
                id: .v4(), type: EventType.tenantProvisioning, version: 3, tenantID: tenant,
                occurredAt: Timestamp(milliseconds: 1_767_607_200_123),
                trace: TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                data: Array(#"{"z":1.500,"a":"\u0000é","10":[]}"#.utf8))
            struct Stop: Error {}
            await #expect(throws: Stop.self) {
                try await pool.withTransaction(settings: [PostgresSetting("app.tenant_id", "*")]) { transaction in
                    let insert = Outbox.insert(try numbered(1, of: tenant))
                    _ = try await transaction.query(insert)
                    throw Stop()
                }
            }
            try await pool.commit(committed)

            let connector = RecordingConnector()
            let relay = OutboxRelay(pool: pool, connector: connector, listener: nil, logger: testLogger)
            #expect(await relay.flush(deadline: .now.advanced(by: .seconds(30))))
            #expect(connector.published == [committed], "byte for byte, with order of members and digits")
            #expect(try await relay.backlog() == OutboxBacklog(pending: 0, dead: 0, oldestPending: nil))
        }
    }

    @Test func `events of a tenant are numbered in the order of the commits`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let tenant = Identifier.v4()
            let first = try numbered(1, of: tenant)
            let second = try numbered(2, of: tenant)
            let system = [PostgresSetting("app.tenant_id", "*")]
            try await pool.withTransaction(settings: system) { transaction in
                let insert = Outbox.insert(first)
                _ = try await transaction.query(insert)
                let other = Task { try await pool.commit(second) }
                // The later one must wait for this commit; were it let through, it could be published first.
                try await eventually("the second transaction waits") {
                    try await database.admin.count(
                        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = "
                            + "(SELECT oid FROM pg_database WHERE datname = current_database())") == 1
                }
                // Another tenant does not wait.
                try await pool.commit(try numbered(1, of: .v4()))
                _ = try await transaction.query("SELECT 1")
                Task { try await other.value }
            }
            try await eventually("all are there") {
                try await database.admin.count("SELECT count(*) FROM main.outbox") == 3
            }
            let relay = OutboxRelay(
                pool: pool, connector: RecordingConnector(), listener: nil, logger: testLogger)
            let claimed = try await relay.store.claim(limit: 10, runLength: 10, lease: .seconds(60))
            let numbers = claimed.events.map(\.event).filter { $0.tenantID == tenant }
            #expect(numbers == [first, second])
        }
    }

    @Test func `the outbox belongs to the tenant's scope for writing and to the system's for reading`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let tenant = Identifier.v4()
            func insert(_ event: EventEnvelope, scope: String?) async throws(PostgresError) {
                let settings = scope.map { [PostgresSetting("app.tenant_id", $0)] } ?? []
                let insert = Outbox.insert(event)
                _ = try await pool.query(insert, settings: settings)
            }
            try await insert(try numbered(1, of: tenant), scope: tenant.description)
            for (event, scope) in [
                (try numbered(2, of: .v4()), tenant.description), (try numbered(3, of: nil), tenant.description),
                (try numbered(4, of: tenant), nil),
            ] {
                let error = await #expect(throws: PostgresError.self) { try await insert(event, scope: scope) }
                #expect(error?.sqlState == .insufficientPrivilege)
            }
            for scope in [tenant.description, ""] {
                let seen = try await pool.query(
                    "SELECT FROM main.outbox", settings: [PostgresSetting("app.tenant_id", scope)])
                #expect(seen.rowCount == 0)
            }
            let error = await #expect(throws: PostgresError.self) {
                try await pool.query(
                    "UPDATE main.outbox SET data = '{}'", settings: [PostgresSetting("app.tenant_id", "*")])
            }
            #expect(error?.sqlState == .insufficientPrivilege, "nobody at run time changes what an event says")
        }
    }

    @Test func `published events are deleted after their retention, and no others`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let clock = ManualClock(SystemClock().now())
            let connector = RecordingConnector { event, _ throws(MessageBusError) in
                event.type == "REFUSED" ? .rejected(reason: "refused") : .published
            }
            let relay = OutboxRelay(
                pool: pool, connector: connector, listener: nil,
                configuration: OutboxRelayConfiguration(retention: .seconds(3600), inboxRetention: .seconds(7200)),
                clock: clock, logger: testLogger)
            try await pool.commit(try numbered(1, of: .v4()), try numbered(2, of: .v4(), type: "REFUSED"))
            let mark = Inbox.claim(.v4(), consumer: "test", at: clock.now())
            _ = try await pool.query(mark)
            #expect(await relay.flush(deadline: .now.advanced(by: .seconds(30))))

            clock.advance(by: .seconds(3000))
            #expect(try await relay.purge() == 0)
            clock.advance(by: .seconds(1800))
            try await pool.commit(try numbered(3, of: .v4()))
            #expect(try await relay.purge() == 1)
            #expect(try await relay.backlog().pending == 1)
            #expect(try await relay.backlog().dead == 1)
            #expect(try await database.admin.count("SELECT count(*) FROM main.inbox") == 1)
            clock.advance(by: .seconds(3600))
            #expect(try await relay.purge() == 0)
            #expect(try await database.admin.count("SELECT count(*) FROM main.inbox") == 0)
        }
    }

    @Test func `the outbox can be removed from a database`() async throws {
        let migration = Migration(
            number: 1, name: "service", up: OutboxSchema.up(runtimeRole: BusDatabase.role),
            down: OutboxSchema.down)
        try await BusDatabase.withoutTables(of: BusDatabase.service) { database in
            let migrator = database.migrator([migration])
            let empty = "SELECT count(*) FROM pg_class WHERE relname LIKE 'outbox%'"
            _ = try await migrator.up()
            #expect(try await database.admin.count(empty) > 0)
            _ = try await migrator.down(to: 0)
            #expect(try await database.admin.count(empty) == 0)
            #expect(try await database.admin.count("SELECT count(*) FROM pg_proc WHERE proname LIKE 'outbox%'") == 0)
        }
    }
}
