import Foundation
import Logging
import MessageBus
import Migrations
import PostgresClient
import Primitives
import Sealing
import Synchronization
import Testing

@testable import Orchestrator

/// The databases of a test's own, on the server that ARC_TEST_POSTGRES_HOST, …_PORT and …_USER (a superuser, trust) name:
/// the orchestrator's, migrated, and a shared application database with a provisioner role that owns it.
final class TestWorld: Sendable {
    static let encryptionKey = "a test's key, long enough to be one"
    static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    let suffix = SecureRandom.hex(bytes: 6)
    let clock = ManualClock(Timestamp(seconds: 1_800_000_000))
    /// On the orchestrator's database, as superuser.
    let admin: PostgresPool
    /// On the orchestrator's database, as its runtime role.
    let pool: PostgresPool
    /// On the application database, as the provisioner.
    let provisionerPool: PostgresPool
    private let keys = Mutex<[String]>([])

    var database: String { "orch_test_\(suffix)" }
    var applicationDatabase: String { "orch_app_\(suffix)" }
    var provisioner: String { "orch_prov_\(suffix)" }

    /// - Parameter application: Whether the test needs the application database and the provisioner.
    static func with(application: Bool = true, _ body: (TestWorld) async throws -> Void) async throws {
        let server = PostgresPool(configuration: try configuration("postgres"), logger: logger)
        let world = try TestWorld()
        let outcome: Result<Void, any Error>
        do {
            try await world.setUp(server, application: application)
            outcome = .success(try await body(world))
        } catch {
            outcome = .failure(error)
        }
        await world.tearDown(server)
        try outcome.get()
    }

    private init() throws {
        let suffix = self.suffix
        admin = PostgresPool(configuration: try Self.configuration("orch_test_\(suffix)"), logger: Self.logger)
        pool = PostgresPool(
            configuration: try Self.configuration("orch_test_\(suffix)", role: "orchestrator_app"), logger: Self.logger)
        provisionerPool = PostgresPool(
            configuration: try Self.configuration("orch_app_\(suffix)", role: "orch_prov_\(suffix)"),
            logger: Self.logger)
    }

    private func setUp(_ server: PostgresPool, application: Bool) async throws {
        // Another test may make the same role at this moment.
        _ = try? await server.execute("CREATE ROLE orchestrator_app LOGIN")
        try await server.execute("CREATE DATABASE \(database)")
        if application {
            try await server.execute("CREATE ROLE \(provisioner) LOGIN CREATEDB CREATEROLE")
            try await server.execute("CREATE DATABASE \(applicationDatabase) OWNER \(provisioner)")
        }
        _ = try await Migrator(
            configuration: try Self.configuration(database), migrations: OrchestratorMigrations.all, logger: Self.logger
        ).up()
    }

    private func tearDown(_ server: PostgresPool) async {
        for pool in [admin, pool, provisionerPool] { await pool.shutdown(patience: .zero) }
        let tenants = keys.withLock { $0 }.map { "tenant_\($0)" }
        for name in [database, applicationDatabase] + tenants {
            _ = try? await server.execute("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
        }
        for name in tenants + [provisioner] { _ = try? await server.execute("DROP ROLE IF EXISTS \(name)") }
        await server.shutdown(patience: .zero)
    }

    /// A tenant's key that nobody else has; what is made for it is removed at the end.
    func newKey() -> String {
        let key = SecureRandom.hex(bytes: 8)
        keys.withLock { $0.append(key) }
        return key
    }

    // MARK: Connections

    static func variable(_ name: String) throws -> String {
        let value = ProcessInfo.processInfo.environment[name]
        return try #require(value, "\(name) is not set: these tests need a PostgreSQL server, which `make test` starts")
    }

    static func configuration(
        _ database: String, role: String? = nil, connections: Int = 10
    ) throws -> PostgresConfiguration {
        PostgresConfiguration(
            host: try variable("ARC_TEST_POSTGRES_HOST"), port: try variable("ARC_TEST_POSTGRES_PORT"),
            user: try role ?? variable("ARC_TEST_POSTGRES_USER"), database: database, schema: "main",
            tlsMode: .disable, maximumConnections: connections, connectionTimeout: .seconds(20),
            statementTimeout: .seconds(120), lockTimeout: .seconds(60))
    }

    /// A connection as a tenant's role would make it: without a search path of its own.
    func asTenant<Value>(
        _ key: String, database: String, _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        var configuration = try Self.configuration(database, role: "tenant_\(key)", connections: 1)
        configuration.connectionTimeout = .seconds(5)
        let pool = PostgresPool(configuration: configuration, logger: Self.logger)
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(pool)) } catch { outcome = .failure(error) }
        await pool.shutdown(patience: .zero)
        return try outcome.get()
    }

    // MARK: Parts

    var credentials: TenantCredentialStore {
        TenantCredentialStore(
            pool: pool, sealer: Sealer(secret: Self.encryptionKey, purpose: "orchestrator"), clock: clock,
            logger: Self.logger)
    }

    func tenancy() throws -> PostgresTenancy {
        PostgresTenancy(
            pool: provisionerPool,
            configuration: try Self.configuration(applicationDatabase, role: provisioner), credentials: credentials,
            connectionLimit: 7)
    }

    func repository() -> ProvisioningRunRepository {
        ProvisioningRunRepository(
            pool: pool, sealer: Sealer(secret: Self.encryptionKey, purpose: "orchestrator"),
            secrets: EventSecretSealer(secret: Self.encryptionKey), clock: clock)
    }

    func processor(
        _ provisioner: any Provisioner, callbackURL: String, client: JSONPoster, policy: RunPolicy = RunPolicy()
    ) throws -> ProvisioningRunProcessor {
        ProvisioningRunProcessor(
            repository: repository(), tiers: TierTable(["BASIC": .init(name: "test", provisioner: provisioner)]),
            callbacks: CallbackSender(url: callbackURL, timeout: .seconds(120), client: client, clock: clock),
            appPlaneURL: try #require(AppPlaneURL(template: "http://{key}.localhost")), policy: policy, clock: clock,
            logger: Self.logger)
    }

    /// The state of the only run, or of the one of a tenant.
    func run(of tenant: Identifier) async throws -> StoredRun {
        let result = try await admin.query(
            PostgresStatement(
                """
                SELECT state, attempts, callback_state, callback_attempts, last_error, callback_error, callback_status,
                    due_at IS NOT NULL, sealed_event IS NOT NULL, claim IS NOT NULL, provisioner, resources::text,
                    (extract(epoch FROM due_at - modified_on) * 1000000)::bigint
                FROM main.provisioning_runs WHERE tenant_id = $1
                """, prepared: false), [.identifier(tenant)])
        #expect(result.rowCount == 1)
        let row = try #require(result.first)
        return StoredRun(
            state: try row.text(0), attempts: try row.int(1), callbackState: try row.text(2),
            callbackAttempts: try row.int(3), lastError: try row.textIfPresent(4),
            callbackError: try row.textIfPresent(5), callbackStatus: try row.intIfPresent(6),
            isUnfinished: try row.bool(7), holdsEvent: try row.bool(8), isClaimed: try row.bool(9),
            provisioner: try row.textIfPresent(10), resources: try row.textIfPresent(11),
            delay: try row.int64IfPresent(12).map { .microseconds($0) })
    }
}

/// A row of `main.provisioning_runs`.
struct StoredRun: Sendable {
    let state: String
    let attempts: Int
    let callbackState: String
    let callbackAttempts: Int
    let lastError: String?
    let callbackError: String?
    let callbackStatus: Int?
    let isUnfinished: Bool
    let holdsEvent: Bool
    let isClaimed: Bool
    let provisioner: String?
    let resources: String?
    /// From the last change to when it is due.
    let delay: Duration?
}

extension PostgresPool {
    func execute(_ sql: String) async throws {
        _ = try await query(PostgresStatement(sql, prepared: false))
    }

    /// One number, from a query of one row and one column.
    func count(_ sql: String) async throws -> Int {
        try #require(try await query(PostgresStatement(sql, prepared: false)).first).int(0)
    }
}

extension TestWorld {
    /// Moves everything that is claimed or postponed nearer by a time, and lets everything be older: leases and delays
    /// are counted by the server's clock, which a test cannot set. The clock of the signatures moves along.
    func letTimePass(_ duration: Duration) async throws {
        clock.advance(by: duration)
        let interval = "interval '\(duration.components.seconds + 1) s'"
        try await admin.execute(
            """
            UPDATE main.provisioning_runs SET due_at = due_at - \(interval), created_on = created_on - \(interval),
                unavailable_since = unavailable_since - \(interval)
            """)
    }
}
