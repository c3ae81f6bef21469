package import PostgresClient
import TestSupport

/// A PostgreSQL server on which tests create their databases.
package struct PostgresTestServer: Sendable, Hashable {
    package let host: String
    package let port: String
    /// A superuser who needs no password.
    package let user: String

    package init(host: String, port: String, user: String) {
        self.host = host
        self.port = port
        self.user = user
    }

    /// The server that ARC_TEST_POSTGRES_HOST, …_PORT and …_USER name; `make test` starts one.
    /// - Throws: ``TestFailure`` that says what is missing.
    package static func current() throws -> PostgresTestServer {
        PostgresTestServer(
            host: try testVariable("ARC_TEST_POSTGRES_HOST"), port: try testVariable("ARC_TEST_POSTGRES_PORT"),
            user: try testVariable("ARC_TEST_POSTGRES_USER"))
    }

    /// How to reach one of its databases. The timeouts are long, because they only matter when something is broken.
    /// - Parameter user: The role; nil for the superuser, whom row-level security does not bind.
    package func configuration(
        database: String, user: String? = nil, connections: Int = 2
    ) -> PostgresConfiguration {
        PostgresConfiguration(
            host: host, port: port, user: user ?? self.user, database: database, tlsMode: .disable,
            applicationName: "arc tests", maximumConnections: connections, connectionTimeout: .seconds(60),
            statementTimeout: .seconds(120), searchTimeout: .seconds(120), patternTimeout: .seconds(120),
            lockTimeout: .seconds(60), idleInTransactionTimeout: .seconds(300))
    }

    /// Runs statements in the database `postgres` as superuser, each on its own.
    package func execute(_ statements: String...) async throws {
        try await withAdministration { pool in
            for sql in statements { try await pool.execute(sql) }
        }
    }

    private func withAdministration<Value>(_ body: (PostgresPool) async throws -> Value) async throws -> Value {
        if let kept = KeptPools.shared.pool("postgres", on: self) { return try await body(kept) }
        return try await withPool(configuration(database: "postgres", connections: 1), body)
    }

    /// Creates roles that do not exist yet. They belong to the whole server, so all tests share them.
    /// - Parameter roles: Name and options, such as `CREATEDB`.
    func createRoles(_ roles: [(name: String, options: String)]) async throws {
        try await withAdministration { pool in
            try await pool.withTransaction { transaction in
                _ = try await transaction.query(
                    PostgresStatement("SELECT pg_advisory_xact_lock(7281001)", prepared: false))
                for (name, options) in roles {
                    _ = try await transaction.query(
                        PostgresStatement(
                            """
                            DO $$ BEGIN
                                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '\(name)') THEN
                                    CREATE ROLE \(name) LOGIN \(options);
                                END IF;
                            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
                            END $$
                            """, prepared: false))
                }
            }
        }
    }
}

/// Gives `body` a pool that is shut down afterwards.
package func withPool<Value>(
    _ configuration: PostgresConfiguration, _ body: (PostgresPool) async throws -> Value
) async throws -> Value {
    let pool = PostgresPool(configuration: configuration, logger: testLogger)
    return try await withCleanup {
        try await body(pool)
    } cleanup: {
        await pool.shutdown(patience: .zero)
    }
}

extension PostgresPool {
    /// Runs a statement, see ``perform(_:_:)``.
    package func execute(_ sql: String) async throws { _ = try await perform(sql) }

    /// Runs a statement in a transaction of its own, again when it lost a deadlock or a serialization failure: what tests
    /// do by hand, such as `TRUNCATE`, meets the background work of services.
    func perform(_ sql: String, _ values: [PostgresValue] = []) async throws -> PostgresResult {
        for _ in 0..<100 {
            do { return try await query(PostgresStatement(sql, prepared: false), values) } catch {
                guard error.isTransactionConflict else { throw error }
            }
        }
        throw TestFailure("it always loses against another transaction: \(sql)")
    }

    /// The only value of a statement that counts something.
    package func count(_ sql: String, _ values: [PostgresValue] = []) async throws -> Int {
        guard let row = try await perform(sql, values).first else {
            throw TestFailure("no row from: \(sql)")
        }
        return try row.int(0)
    }
}
