import Logging
import MessageBus
package import Migrations
import Orchestrator
package import PostgresClient
import Primitives
import Subscription
import Synchronization
import TenantManagement

/// A database of a test's own, copied from a template that is migrated once.
package struct TestDatabase: Sendable {
    /// Which database it is a copy of.
    package enum Kind: String, Sendable, CaseIterable {
        case tenantManagement = "tenant_mgmt"
        case subscription
        case orchestrator
        case messageBus = "message_bus"
        /// The shared application database of pooled tenants: empty, and the provisioner's.
        case application

        /// The role that services connect as; it owns nothing, except for the provisioner.
        package var runtimeRole: String { self == .application ? "provisioner" : "\(rawValue)_app" }

        /// The migrations of its service.
        package var migrations: [Migration] {
            switch self {
            case .tenantManagement: TenantManagementMigrations.all
            case .subscription: SubscriptionMigrations.all
            case .orchestrator: OrchestratorMigrations.all
            case .messageBus: MessageBusMigrations.all
            case .application: []
            }
        }
    }

    /// Its name.
    package let name: String
    /// What it is a copy of.
    package let kind: Kind
    /// Where it is.
    package let servers: TestServers

    /// Makes a database.
    package static func make(_ kind: Kind, on servers: TestServers) async throws -> TestDatabase {
        let template = try await TemplateStore.shared.template(of: kind, on: servers)
        let database = TestDatabase(
            name: "test_\(kind.rawValue)_\(SecureRandom.hex(bytes: 6))", kind: kind, servers: servers)
        let owner = kind == .application ? "OWNER \(kind.runtimeRole)" : ""
        try await administer(servers, ["CREATE DATABASE \(database.name) TEMPLATE \(template) \(owner)"])
        if kind == .subscription { try await database.renumberSeeds() }
        return database
    }

    /// Makes an empty database that belongs to a role other than the superuser: for what another program has made.
    /// - Parameter owner: A role, the cluster's and so shared by all tests; made when missing.
    package static func makeEmpty(_ kind: Kind, owner: String, on servers: TestServers) async throws -> TestDatabase {
        try await TemplateStore.createRoles(and: owner, on: servers)
        let database = TestDatabase(
            name: "test_original_\(kind.rawValue)_\(SecureRandom.hex(bytes: 6))", kind: kind, servers: servers)
        try await administer(servers, ["CREATE DATABASE \(database.name) OWNER \(owner)"])
        return database
    }

    /// Removes it, whoever is connected.
    package func drop() async {
        _ = try? await Self.administer(servers, ["DROP DATABASE IF EXISTS \(name) WITH (FORCE)"])
    }

    /// How to reach it.
    /// - Parameter user: The role; nil for the superuser, whom row-level security does not bind.
    package func configuration(user: String? = nil, connections: Int = 2) -> PostgresConfiguration {
        Self.configuration(name, on: servers, user: user, connections: connections)
    }

    /// Runs a statement as superuser.
    @discardableResult
    package func query(_ sql: String, _ values: [PostgresValue] = []) async throws -> PostgresResult {
        try await withPool { try await $0.query(PostgresStatement(sql, prepared: false), values) }
    }

    /// The only value of a statement that counts something.
    package func count(_ sql: String, _ values: [PostgresValue] = []) async throws -> Int {
        guard let row = try await query(sql, values).first else { throw TestFailure("no row from: \(sql)") }
        return Int(try row.int64(0))
    }

    /// The first column of every row, as text.
    package func texts(_ sql: String, _ values: [PostgresValue] = []) async throws -> [String] {
        try await query(sql, values).rows.map { try $0.text(0) }
    }

    /// Gives `body` a pool on the database.
    package func withPool<Value>(
        user: String? = nil, _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        let pool = PostgresPool(configuration: configuration(user: user), logger: testLogger)
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(pool)) } catch { outcome = .failure(error) }
        await pool.shutdown(patience: .zero)
        return try outcome.get()
    }

    static func configuration(
        _ database: String, on servers: TestServers, user: String? = nil, connections: Int = 1
    ) -> PostgresConfiguration {
        PostgresConfiguration(
            host: servers.postgresHost, port: servers.postgresPort, user: user ?? servers.postgresUser,
            database: database, tlsMode: .disable, applicationName: "arc tests", maximumConnections: connections,
            connectionTimeout: .seconds(20), statementTimeout: .seconds(60), lockTimeout: .seconds(30))
    }

    /// Runs statements in the database `postgres` as superuser, each on its own.
    package static func administer(_ servers: TestServers, _ statements: [String]) async throws {
        let pool = PostgresPool(configuration: configuration("postgres", on: servers), logger: testLogger)
        do {
            for sql in statements { _ = try await pool.query(PostgresStatement(sql, prepared: false)) }
        } catch {
            await pool.shutdown(patience: .zero)
            throw error
        }
        await pool.shutdown(patience: .zero)
    }

    /// Copies of a template have the same seeded rows, and the tests share one Redis, where `plan:<id>` would be one
    /// entry for all of them. So each copy gets ids of its own.
    private func renumberSeeds() async throws {
        let own = "md5(%@::text || '\(name)')::uuid"
        func id(_ column: String) -> String { "\(column) = \(own.replacing("%@", with: column))" }
        try await withPool { pool in
            var batch = PostgresBatch()
            batch.add(PostgresStatement("SET LOCAL session_replication_role = replica", prepared: false))
            for sql in [
                "UPDATE main.currencies SET \(id("id"))", "UPDATE main.billing_cycles SET \(id("id"))",
                "UPDATE main.plans SET \(id("id")), \(id("currency_id")), \(id("billing_cycle_id"))",
            ] { batch.add(PostgresStatement(sql, prepared: false)) }
            _ = try await pool.run(batch)
        }
    }
}
