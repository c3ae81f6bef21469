import Logging
import Migrations
import PostgresClient
import Subscription
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The servers that integration tests use; given by whoever runs the tests. Without them those tests are skipped.
enum TestEnvironment {
    static let postgresHost = variable("ARC_TEST_POSTGRES_HOST")
    static let postgresPort = variable("ARC_TEST_POSTGRES_PORT")
    static let postgresUser = variable("ARC_TEST_POSTGRES_USER") ?? "postgres"
    static let redisHost = variable("ARC_TEST_REDIS_HOST")
    static let redisPort = variable("ARC_TEST_REDIS_PORT")

    static var hasServers: Bool {
        postgresHost != nil && postgresPort != nil && redisHost != nil && redisPort != nil
    }

    static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    private static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// A database of its own for one test, copied from a template that is migrated once in a run.
struct TestDatabase: Sendable {
    let name: String

    private static let template = Task { try await makeTemplate() }

    static func make() async throws -> TestDatabase {
        let template = try await template.value
        let name = "subscription_test_\(UInt64.random(in: 0 ... .max))"
        try await admin("CREATE DATABASE \(name) TEMPLATE \(template)")
        return TestDatabase(name: name)
    }

    /// An empty database, not migrated.
    static func makeEmpty() async throws -> TestDatabase {
        let name = "subscription_test_\(UInt64.random(in: 0 ... .max))"
        try await admin("CREATE DATABASE \(name)")
        return TestDatabase(name: name)
    }

    func drop() async throws {
        try await Self.admin("DROP DATABASE \(name) WITH (FORCE)")
    }

    /// How to reach it as superuser.
    var configuration: PostgresConfiguration { Self.configuration(name) }

    /// Runs a statement as superuser, past row-level security.
    @discardableResult
    func query(_ sql: String, _ values: [PostgresValue] = []) async throws -> PostgresResult {
        let pool = PostgresPool(configuration: configuration, logger: TestEnvironment.logger)
        do {
            let result = try await pool.query(PostgresStatement(sql, prepared: false), values)
            await pool.shutdown()
            return result
        } catch {
            await pool.shutdown()
            throw error
        }
    }

    /// The only value of a query that counts something.
    func count(_ sql: String, _ values: [PostgresValue] = []) async throws -> Int64 {
        try await query(sql, values).first?.int64(0) ?? -1
    }

    private static func configuration(_ database: String) -> PostgresConfiguration {
        PostgresConfiguration(
            host: TestEnvironment.postgresHost ?? "", port: TestEnvironment.postgresPort ?? "",
            user: TestEnvironment.postgresUser, database: database, maximumConnections: 2)
    }

    private static func makeTemplate() async throws -> String {
        let name = "subscription_template_\(UInt64.random(in: 0 ... .max))"
        try await admin(
            """
            DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
                    CREATE ROLE subscription_app LOGIN;
                END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END $$
            """)
        try await admin("CREATE DATABASE \(name)")
        let migrator = Migrator(
            configuration: configuration(name), migrations: SubscriptionMigrations.all, logger: TestEnvironment.logger)
        _ = try await migrator.up()
        return name
    }

    private static func admin(_ sql: String) async throws {
        let pool = PostgresPool(configuration: configuration("postgres"), logger: TestEnvironment.logger)
        do {
            _ = try await pool.query(PostgresStatement(sql, prepared: false))
            await pool.shutdown()
        } catch {
            await pool.shutdown()
            throw error
        }
    }
}
