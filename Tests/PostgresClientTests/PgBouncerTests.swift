import Foundation
import Migrations
import PostgresClient
import PostgresTestSupport
import Testing

/// Through PgBouncer in transaction mode, with the switch that is meant for it.
@Suite(
    .timeLimit(.minutes(20)),
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/pgbouncer"), "pgbouncer is not installed"))
struct PgBouncerTests {
    private static func withPgBouncer(_ body: (PostgresConfiguration) async throws -> Void) async throws {
        try await PostgresCluster.with { (server) async throws in
            let file = "\(server.folder)/pgbouncer.ini"
            let settings = """
                [databases]
                * = host=\(server.folder) user=postgres
                [pgbouncer]
                listen_addr =
                listen_port = 6432
                unix_socket_dir = \(server.folder)
                auth_type = any
                pool_mode = transaction
                default_pool_size = 2

                """
            try Data(settings.utf8).write(to: URL(fileURLWithPath: file))
            let log = URL(fileURLWithPath: "\(server.folder)/pgbouncer.log")
            let pooler = server.server(["/usr/sbin/pgbouncer", "-q", file], log: log)
            try pooler.start()
            let configuration = server.configuration {
                $0.port = "6432"
                $0.schema = "bounced"
                $0.statementTimeout = .milliseconds(5500)
                $0.maximumConnections = 8
                $0.usesPreparedStatements = false
                $0.listenPort = "5432"
            }
            try await withCleanup {
                try await body(configuration)
            } cleanup: {
                pooler.kill()
                try await eventually("the pooler has ended") { !pooler.isRunning }
            }
        }
    }

    @Test func `everything works through a transaction pooler`() async throws {
        try await Self.withPgBouncer { configuration in
            // A pool waits for the pooler to be ready, a migrator does not.
            try await TestServer.withPool(configuration) { try await $0.expect(1, "SELECT 1::int8") }
            let migration = Migration(
                number: 1, name: "create", up: "CREATE TABLE numbers (v int8 PRIMARY KEY)", down: "DROP TABLE numbers")
            let migrator = Migrator(
                configuration: configuration, schema: "bounced", migrations: [migration], logger: testLogger)
            let applied = try await migrator.up()
            #expect(applied.count == 1)

            try await TestServer.withPool(configuration) { pool in
                try await Self.manyTasks(pool)
                try await Self.settings(pool)
                try await Self.transactions(pool)
                try await Self.timeoutsAndCancellation(pool)
                try await Self.notifications(pool, configuration)
                for sql in ["CREATE DATABASE other", "DROP DATABASE other"] {
                    _ = try await pool.query(PostgresStatement(sql, prepared: false))
                }
            }
        }
    }

    private static func manyTasks(_ pool: PostgresPool) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<100 as Range<Int64> {
                group.addTask {
                    try await pool.expect(number, "SELECT $1::int8", [.int64(number)])
                    // Found by the search path that each transaction sets.
                    _ = try await pool.query("INSERT INTO numbers VALUES ($1)", [.int64(number)])
                }
            }
            try await group.waitForAll()
        }
        try await pool.expect(100, "SELECT count(*) FROM numbers")
    }

    private static func settings(_ pool: PostgresPool) async throws {
        let read: PostgresStatement =
            "SELECT current_setting('app.tenant_id', true), current_setting('statement_timeout')"
        let row = try #require(try await pool.query(read, settings: [PostgresSetting("app.tenant_id", "t")]).first)
        #expect(try row.text(0) == "t" && row.text(1) == "5500ms")
        for _ in 0..<10 {
            let after = try #require(try await pool.query(read).first)
            #expect(try after.textIfPresent(0) ?? "" == "")
        }
    }

    private static func transactions(_ pool: PostgresPool) async throws {
        let insert: PostgresStatement = "INSERT INTO numbers VALUES ($1)"
        var batch = PostgresBatch()
        batch.add(insert, [1000])
        batch.add(insert, [1000])
        let failed = await failure { try await pool.run(batch) }
        #expect(failed?.sqlState == .uniqueViolation && failed?.statementIndex == 1)
        try await pool.withTransaction(settings: [PostgresSetting("app.tenant_id", "t")]) { transaction in
            _ = try await transaction.query(insert, [1001])
            let row = try await transaction.query("SELECT current_setting('app.tenant_id'), count(*) FROM numbers")[0]
            #expect(try row.text(0) == "t" && row.int64(1) == 101)
        }
        try await pool.expect(101, "SELECT count(*) FROM numbers")
    }

    /// What is notified through the pooler is heard on a connection past it.
    private static func notifications(_ pool: PostgresPool, _ configuration: PostgresConfiguration) async throws {
        let listener = PostgresListener(configuration: configuration, channels: ["wake"], logger: testLogger)
        var events = listener.events().makeAsyncIterator()
        #expect(await events.next() == .connected)
        _ = try await pool.query("SELECT pg_notify('wake', 'up')")
        #expect(await events.next() == .notification(channel: "wake", payload: "up"))
        listener.shutdown()
    }

    private static func timeoutsAndCancellation(_ pool: PostgresPool) async throws {
        let late = await failure { try await pool.query("SELECT pg_sleep(60)") }
        #expect(late?.sqlState == .queryCanceled)
        let task = Task { try await pool.query("SELECT pg_sleep(60)") }
        try await TestServer.until { pool.status.leased == 1 }
        task.cancel()
        let cancelled = await failure { try await task.value }
        #expect(cancelled?.kind == .cancelled)
        try await pool.expect(1, "SELECT 1::int8")
        #expect(pool.status.leased == 0)
    }
}
