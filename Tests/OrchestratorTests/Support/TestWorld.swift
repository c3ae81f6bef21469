import MessageBus
import PostgresClient
import PostgresTestSupport
import Primitives
import Sealing
import StackTestSupport
import Synchronization
import Testing

@testable import Orchestrator

/// The test's own databases: the orchestrator's, and a shared application database with a provisioner role that
/// owns it.
final class TestWorld: Sendable {
    static let encryptionKey = "a test's key, long enough to be one"

    private let suffix = SecureRandom.hex(bytes: 6)
    private let server: PostgresTestServer
    private let orchestrator: TestDatabase
    let clock = ManualClock(Timestamp(seconds: 1_800_000_000))
    /// On the orchestrator's database, as superuser.
    let admin: PostgresPool
    /// On the orchestrator's database, as its runtime role.
    let pool: PostgresPool
    /// On the application database, as the provisioner.
    let provisionerPool: PostgresPool
    /// One server, with the application database.
    let dataServers: DataServers
    private let keys = Mutex<[String]>([])

    var database: String { orchestrator.name }
    var applicationDatabase: String { "orch_app_\(suffix)" }
    var provisioner: String { "orch_prov_\(suffix)" }

    /// - Parameter application: Whether the test needs the application database and the provisioner.
    static func with(application: Bool = true, _ body: (TestWorld) async throws -> Void) async throws {
        try await TestDatabase.with(.orchestrator) { database in
            let world = TestWorld(database)
            try await withCleanup {
                if application { try await world.makeApplication() }
                try await body(world)
            } cleanup: {
                await world.tearDown()
            }
        }
    }

    private init(_ orchestrator: TestDatabase) {
        self.orchestrator = orchestrator
        server = orchestrator.server
        admin = PostgresPool(configuration: orchestrator.configuration(connections: 10), logger: testLogger)
        pool = PostgresPool(
            configuration: orchestrator.configuration(user: orchestrator.template.runtimeRole, connections: 10),
            logger: testLogger)
        let application = server.configuration(
            database: "orch_app_\(suffix)", user: "orch_prov_\(suffix)", connections: 10)
        provisionerPool = PostgresPool(configuration: application, logger: testLogger)
        dataServers = DataServers(
            [DataServer(name: DataServer.defaultName, configuration: application)], logger: testLogger)
    }

    private func makeApplication() async throws {
        try await server.execute(
            "CREATE ROLE \(provisioner) LOGIN CREATEDB CREATEROLE",
            "CREATE DATABASE \(applicationDatabase) OWNER \(provisioner)")
    }

    private func tearDown() async {
        await dataServers.shutdown()
        for pool in [admin, pool, provisionerPool] { await pool.shutdown(patience: .zero) }
        let tenants = keys.withLock { $0 }.map { "tenant_\($0)" }
        for name in [applicationDatabase] + tenants {
            try? await server.execute("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
        }
        for name in tenants + [provisioner] { try? await server.execute("DROP ROLE IF EXISTS \(name)") }
    }

    /// A tenant's key that nobody else has; what is made for it is removed at the end.
    func newKey() -> String {
        let key = SecureRandom.hex(bytes: 8)
        keys.withLock { $0.append(key) }
        return key
    }

    // MARK: Connections

    /// A connection as a tenant's role would open it: without its own search path.
    func asTenant<Value>(
        _ key: String, database: String, _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        var configuration = server.configuration(database: database, user: "tenant_\(key)", connections: 1)
        configuration.connectionTimeout = .seconds(60)
        return try await withPool(configuration, body)
    }

    // MARK: Parts

    var credentials: TenantCredentialStore {
        TenantCredentialStore(
            pool: pool, sealer: Sealer(secret: Self.encryptionKey, purpose: "orchestrator"), clock: clock,
            logger: testLogger)
    }

    func tenancy() throws -> PlacedTenancy {
        PlacedTenancy(
            placement: PlacementService(servers: dataServers, repository: PlacementRepository(pool: pool)),
            credentials: credentials, connectionLimit: 7)
    }

    /// The only data server, as `host:port`.
    var dataServerAddress: String { "\(server.host):\(server.port)" }

    /// - Parameter clock: Of the node; nil for that of the test.
    func repository(clock: ManualClock? = nil) -> ProvisioningRunRepository {
        ProvisioningRunRepository(
            pool: pool, sealer: Sealer(secret: Self.encryptionKey, purpose: "orchestrator"),
            secrets: EventSecretSealer(secret: Self.encryptionKey), clock: clock ?? self.clock)
    }

    func processor(
        _ provisioner: any Provisioner, callbackURL: String, client: JSONPoster, policy: RunPolicy = RunPolicy()
    ) throws -> ProvisioningRunProcessor {
        ProvisioningRunProcessor(
            repository: repository(), tiers: TierTable(["BASIC": .init(name: "test", provisioner: provisioner)]),
            callbacks: CallbackSender(url: callbackURL, timeout: .seconds(120), client: client, clock: clock),
            appPlaneURL: try #require(AppPlaneURL(template: "http://{key}.localhost")), policy: policy, clock: clock,
            logger: testLogger)
    }

    /// The state of the only run, or of the one of a tenant.
    /// - Parameter context: nil if the tenant has only one.
    func run(of tenant: Identifier, context: String? = nil) async throws -> StoredRun {
        let result = try await admin.query(
            PostgresStatement(
                """
                SELECT state, attempts, callback_state, callback_attempts, last_error, callback_error, callback_status,
                    due_at IS NOT NULL, sealed_event IS NOT NULL, claim IS NOT NULL, provisioner, resources::text,
                    CASE WHEN due_at < 'infinity' THEN (extract(epoch FROM due_at - modified_on) * 1000000)::bigint END
                FROM main.provisioning_runs WHERE tenant_id = $1 AND ($2::text IS NULL OR context = $2)
                """, prepared: false), [.identifier(tenant), .optional(context) { .text($0) }])
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

extension PostgresPool {
    /// The first column of all rows.
    func texts(_ sql: String) async throws -> [String] {
        try await query(PostgresStatement(sql, prepared: false)).rows.compactMap { try $0.textIfPresent(0) }
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

extension TestWorld {
    /// The only column of the only row.
    func text(_ sql: String) async throws -> String? { try await admin.texts(sql).first }

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
