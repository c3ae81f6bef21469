import Logging
import Migrations
import PostgresClient
import Primitives
import Testing

@testable import MessageBus

#if canImport(Glibc)
import Glibc
#endif

/// A database of a test's own, on the server that ARC_TEST_POSTGRES_HOST and ARC_TEST_POSTGRES_PORT name.
struct TestDatabase: Sendable {
    let name: String
    /// As superuser: sees and may do everything.
    let admin: PostgresPool

    /// As the owner of nothing, with the privileges that the migrations give.
    func runtime(as role: String = TestDatabase.role, connections: Int = 10) -> PostgresPool {
        PostgresPool(
            configuration: configuration(role: role, connections: connections), logger: TestDatabase.logger)
    }

    func configuration(role: String = TestDatabase.role, connections: Int = 10) -> PostgresConfiguration {
        TestDatabase.configuration(database: name, role: role, connections: connections)
    }

    /// The runtime role of services in these tests.
    static let role = "message_bus_test_app"

    static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    /// Makes a database, runs the body with it, removes it.
    static func with(
        migrations: [Migration], _ body: (TestDatabase) async throws -> Void
    ) async throws {
        let server = PostgresPool(
            configuration: try serverConfiguration(database: "postgres"), logger: TestDatabase.logger)
        let name = "bus_test_" + SecureRandom.hex(bytes: 8)
        for role in [role, "message_bus_app"] { await createRole(role, on: server) }
        _ = try await server.query(PostgresStatement("CREATE DATABASE \(name)", prepared: false))
        let configuration = try serverConfiguration(database: name)
        _ = try await Migrator(configuration: configuration, migrations: migrations, logger: logger).up()
        let admin = PostgresPool(configuration: configuration, logger: logger)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(TestDatabase(name: name, admin: admin))) } catch {
            outcome = .failure(error)
        }
        await admin.shutdown(patience: .zero)
        _ = try await server.query(PostgresStatement("DROP DATABASE \(name) WITH (FORCE)", prepared: false))
        await server.shutdown(patience: .zero)
        try outcome.get()
    }

    /// A database with outbox, inbox, and a table `main.effects` for what consumers do.
    static func withOutbox(_ body: (TestDatabase) async throws -> Void) async throws {
        let service = Migration(
            number: 1, name: "service",
            up: OutboxSchema.up(runtimeRole: role) + InboxSchema.up(runtimeRole: role) + """
                CREATE TABLE main.effects (
                    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                    event_id uuid NOT NULL,
                    tenant_id uuid,
                    number bigint
                );
                GRANT SELECT, INSERT ON main.effects TO \(role);
                """,
            down: "DROP TABLE main.effects;" + InboxSchema.down + OutboxSchema.down)
        try await with(migrations: [service], body)
    }

    /// Lets nobody connect any more, and ends the connections that are there; or lets them connect again.
    func setAway(_ isAway: Bool) async throws {
        let server = PostgresPool(
            configuration: try Self.serverConfiguration(database: "postgres"), logger: TestDatabase.logger)
        try await server.execute("ALTER DATABASE \(name) ALLOW_CONNECTIONS \(!isAway)")
        if isAway {
            try await server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'")
        }
        await server.shutdown(patience: .zero)
    }

    /// Moves everything that is claimed or postponed nearer by a time: leases and delays are counted by the server's
    /// clock, which a test cannot set.
    func letTimePass(_ duration: Duration) async throws {
        for table in ["outbox", "deliveries"] {
            let exists = try await admin.count("SELECT count(*) FROM pg_tables WHERE tablename = '\(table)'") > 0
            guard exists else { continue }
            try await admin.execute(
                "UPDATE main.\(table) SET visible_at = visible_at - interval '\(duration.components.seconds) s'")
        }
    }

    /// The message bus database.
    static func withBus(_ body: (TestDatabase) async throws -> Void) async throws {
        try await with(migrations: MessageBusMigrations.all, body)
    }

    // MARK: The server

    private struct NoServer: Error, CustomStringConvertible {
        let description = """
            these tests need a PostgreSQL server: set ARC_TEST_POSTGRES_HOST, ARC_TEST_POSTGRES_PORT and \
            ARC_TEST_POSTGRES_USER (a superuser without a password)
            """
    }

    /// As superuser.
    static func serverConfiguration(database: String) throws -> PostgresConfiguration {
        guard let user = environment("ARC_TEST_POSTGRES_USER"), environment("ARC_TEST_POSTGRES_HOST") != nil else {
            throw NoServer()
        }
        return configuration(database: database, role: user, connections: 4)
    }

    private static func configuration(database: String, role: String, connections: Int) -> PostgresConfiguration {
        PostgresConfiguration(
            host: environment("ARC_TEST_POSTGRES_HOST") ?? "127.0.0.1",
            port: environment("ARC_TEST_POSTGRES_PORT") ?? "5432", user: role, database: database,
            tlsMode: .disable, maximumConnections: connections, connectionTimeout: .seconds(20),
            statementTimeout: .seconds(60), lockTimeout: .seconds(60))
    }

    private static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// Roles belong to the whole server: another test may make the same one at this moment.
    private static func createRole(_ role: String, on server: PostgresPool) async {
        _ = try? await server.query(PostgresStatement("CREATE ROLE \(role) LOGIN", prepared: false))
    }
}

extension PostgresPool {
    /// One number, from a query of one row and one column.
    func count(_ sql: String, _ values: [PostgresValue] = []) async throws -> Int {
        let result = try await query(PostgresStatement(sql, prepared: false), values)
        return try #require(result.first).int(0)
    }

    func execute(_ sql: String) async throws {
        _ = try await query(PostgresStatement(sql, prepared: false))
    }
}
