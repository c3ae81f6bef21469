import Glibc
import PostgresClient
import Primitives

/// The SQL of a migration, with and without a transaction, one migrator at a time.
extension MigrationSession {
    /// Runs each statement of a migration that has no transaction.
    func runEach(
        _ migration: Migration, _ sql: String, _ direction: MigrationError.Direction
    ) throws(MigrationError) {
        do throws(PostgresError) {
            for statement in Migration.statements(of: sql) { try session.execute(statement) }
        } catch {
            throw MigrationError(.failed, (migration.number, migration.name), direction: direction, cause: error)
        }
    }

    /// Runs the text of a migration inside the transaction.
    func run(
        _ migration: Migration, _ sql: String, _ direction: MigrationError.Direction
    ) throws(MigrationError) {
        let identity = (migration.number, migration.name)
        do throws(PostgresError) {
            try session.execute(sql)
        } catch {
            let line = error.position.map { position in
                1 + sql.unicodeScalars.prefix(max(position - 1, 0)).count { $0 == "\n" }
            }
            throw MigrationError(.failed, identity, direction: direction, line: line, cause: error)
        }
        guard session.isInTransaction else { throw MigrationError(.leftTransaction, identity, direction: direction) }
    }

    /// Runs `body` in a transaction, alone among all migrators of this database and schema.
    func transaction<Value>(_ body: () throws(MigrationError) -> Value) throws(MigrationError) -> Value {
        try database { () throws(PostgresError) in
            try session.execute("BEGIN")
            _ = try session.query(
                "SELECT pg_advisory_xact_lock(hashtextextended('schema_migrations:' || $1, 0))", [schemaName])
            // From here on only: the wait for the other migrators may take as long as they need.
            _ = try session.query(
                "SELECT set_config('search_path', $1, true), set_config('lock_timeout', $2, true)",
                [configuration.searchPath, "\(configuration.lockTimeout.milliseconds)"])
        }
        do throws(MigrationError) {
            let value = try body()
            try database { () throws(PostgresError) in try session.execute("COMMIT") }
            return value
        } catch {
            // Should this fail, the connection is lost, which rolls back too.
            try? session.execute("ROLLBACK")
            throw error
        }
    }

    /// Runs `body` without a transaction, alone among all migrators of this database and schema that do so.
    func alone<Value>(_ body: () throws(MigrationError) -> Value) throws(MigrationError) -> Value {
        let key = "hashtextextended('schema_migrations, each statement:' || $1, 0)"
        // Polled: CREATE INDEX CONCURRENTLY waits until statements that began earlier have ended, and a statement that waited
        // for this lock would be one of them.
        while try database({ () throws(PostgresError) in
            try session.query("SELECT pg_try_advisory_lock(\(key))", [schemaName])
        }) != [["t"]] {
            usleep(100_000)
        }
        defer { _ = try? session.query("SELECT pg_advisory_unlock(\(key))", [schemaName]) }
        return try body()
    }

    /// Runs `body`; an error of the server becomes one of migrating.
    func database<Value>(_ body: () throws(PostgresError) -> Value) throws(MigrationError) -> Value {
        do throws(PostgresError) {
            return try body()
        } catch {
            throw MigrationError(.database, cause: error)
        }
    }
}
