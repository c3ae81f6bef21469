import PostgresClient
import PostgresTestSupport

/// Holds every write to tenants at the database, so that "in the middle of a request" is a fact and not luck.
enum TableGate {
    /// Settings of a service whose statements wait at the gate: on a loaded machine the gate may be closed for longer than
    /// PostgreSQL lets a statement wait for a lock, and a statement that was given up commits nothing.
    /// There are connections for more statements than the callbacks of all runs, which wait at the gate as well.
    static let patience = [
        "DB_LOCK_TIMEOUT_MILLIS": "60000", "DB_STATEMENT_TIMEOUT_MILLIS": "60000", "DB_MAX_CONNECTIONS": "32",
    ]

    /// Statements that wait for the table.
    private static let waiting = """
        pg_locks AS lock JOIN pg_stat_activity AS activity USING (pid)
        WHERE NOT lock.granted AND lock.relation = 'main.tenants'::regclass
        """

    /// Runs `body` while nobody can write to tenants. Whoever tries waits in PostgreSQL until `body` has returned.
    static func closed<Value>(_ database: TestDatabase, _ body: () async throws -> Value) async throws -> Value {
        try await database.withPool { pool in
            try await pool.withTransaction { transaction in
                _ = try await transaction.query("LOCK TABLE main.tenants IN SHARE ROW EXCLUSIVE MODE")
                return try await body()
            }
        }
    }

    /// Waits until at least so many inserts of tenants wait at the closed gate.
    static func waitForInserts(_ count: Int, _ database: TestDatabase) async throws {
        try await eventually("\(count) inserts wait for the table") {
            try await database.count("SELECT count(*) FROM \(waiting) AND activity.query ~* 'insert'") >= count
        }
    }

    /// Kills the process while PostgreSQL is carrying out its transactions: two of them are rolled back, the others are
    /// committed after its death.
    /// - Parameter load: Requests that come while the gate is closed, so that none of them is answered.
    static func kill(
        _ service: ArcProcess, _ database: TestDatabase, during load: @escaping @Sendable () async -> Void
    ) async throws {
        try await closed(database) {
            async let requests: Void = load()
            try await waitForInserts(4, database)
            try await service.kill()
            try await database.query(
                "SELECT pg_terminate_backend(pid, 10000) FROM (SELECT pid FROM \(waiting) AND activity.query ~* 'insert' ORDER BY pid LIMIT 2) AS w"
            )
            await requests
        }
        try await eventually("the others have ended") {
            try await database.count(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename <> current_user")
                == 0
        }
    }
}
