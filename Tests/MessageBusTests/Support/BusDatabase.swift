import Migrations
import PostgresClient
import PostgresTestSupport

@testable import MessageBus

/// A database of a service or of the bus, with a pool as superuser that sees everything.
struct BusDatabase: Sendable {
    private let database: TestDatabase
    let admin: PostgresPool

    /// The runtime role of services in these tests.
    static let role = "message_bus_test_app"
    /// The runtime role of the bus.
    static let busRole = "message_bus_app"

    static let bus = DatabaseTemplate("bus_test", runtimeRole: busRole, migrations: MessageBusMigrations.all)

    static let service = DatabaseTemplate(
        "bus_service_test", runtimeRole: role,
        migrations: [
            Migration(
                number: 1, name: "service",
                up: OutboxSchema.up(runtimeRole: role) + OutboxSchema.logUp(runtimeRole: role)
                    + OutboxSchema.rulesInPolicies + InboxSchema.up(runtimeRole: role) + """
                        CREATE TABLE main.effects (
                            place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                            event_id uuid NOT NULL,
                            tenant_id uuid,
                            number bigint
                        );
                        GRANT SELECT, INSERT ON main.effects TO \(role);
                        """,
                down: "DROP TABLE main.effects;" + InboxSchema.down + OutboxSchema.logDown
                    + OutboxSchema.down)
        ])

    /// A database with outbox, inbox, and a table `main.effects` for what consumers do.
    static func withOutbox(_ body: (BusDatabase) async throws -> Void) async throws {
        try await TestDatabase.with(service) { try await run($0, body) }
    }

    /// The message bus database.
    static func withBus(_ body: (BusDatabase) async throws -> Void) async throws {
        try await TestDatabase.with(bus) { try await run($0, body) }
    }

    /// An empty database, in which no migration has run.
    static func withoutTables(
        of template: DatabaseTemplate, _ body: (BusDatabase) async throws -> Void
    ) async throws {
        try await TestDatabase.makeEmpty(template).removed { try await run($0, body) }
    }

    private static func run(_ database: TestDatabase, _ body: (BusDatabase) async throws -> Void) async throws {
        try await database.withPool(connections: 4) { admin in
            try await body(BusDatabase(database: database, admin: admin))
        }
    }

    /// As the owner of nothing, with the privileges that the migrations give.
    func runtime(as role: String = BusDatabase.role, connections: Int = 10) -> PostgresPool {
        PostgresPool(configuration: configuration(role: role, connections: connections), logger: testLogger)
    }

    func configuration(role: String = BusDatabase.role, connections: Int = 10) -> PostgresConfiguration {
        database.configuration(user: role, connections: connections)
    }

    func migrator(_ migrations: [Migration]) -> Migrator {
        Migrator(configuration: database.configuration(), migrations: migrations, logger: testLogger)
    }

    /// Lets nobody connect any more, and ends the connections that are there; or lets them connect again.
    func setAway(_ isAway: Bool) async throws { try await database.setAway(isAway) }

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
}
