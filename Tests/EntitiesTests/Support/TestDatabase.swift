import Entities
import Glibc
import Logging
import PostgresClient
import Primitives
import Testing

/// A database of its own on the server that the environment names; made anew by every run.
enum TestDatabase {
    struct MissingServer: Error, CustomStringConvertible {
        let description =
            "these tests need PostgreSQL: set ARC_TEST_POSTGRES_HOST, _PORT and _USER (a superuser, trusted)"
    }

    private static let name = "entities_test"
    private static let role = "entities_test_app"

    /// Connections of the role that services run as: owns nothing, bound by row-level security.
    private static let prepared = Task<PostgresPool, any Error> {
        let administrator = try pool(database: "postgres", user: environment("USER"))
        _ = try await administrator.query(
            PostgresStatement("DROP DATABASE IF EXISTS \(name) WITH (FORCE)", prepared: false))
        _ = try await administrator.query(PostgresStatement("CREATE DATABASE \(name)", prepared: false))
        _ = try await administrator.query(
            PostgresStatement(
                """
                DO $$ BEGIN CREATE ROLE \(role) LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$
                """, prepared: false))
        await administrator.shutdown()
        let owner = try pool(database: name, user: environment("USER"))
        for statement in TestTables.statements(role: role) {
            _ = try await owner.query(PostgresStatement(statement, prepared: false))
        }
        await owner.shutdown()
        return try pool(database: name, user: role)
    }

    static func pool() async throws -> PostgresPool { try await prepared.value }

    static func repository(_ entity: Entity) async throws -> EntityRepository {
        EntityRepository(pool: try await pool(), entity: entity, catalog: try EntityCatalog(TestModel.all))
    }

    private static func environment(_ name: String) throws -> String {
        guard let value = getenv("ARC_TEST_POSTGRES_\(name)") else { throw MissingServer() }
        return String(cString: value)
    }

    private static func pool(database: String, user: String) throws -> PostgresPool {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return PostgresPool(
            configuration: PostgresConfiguration(
                host: try environment("HOST"), port: try environment("PORT"), user: user, database: database,
                tlsMode: .disable, maximumConnections: 4, connectionTimeout: .seconds(30)),
            logger: logger)
    }
}
