package import Logging
package import PostgresClient

/// Brings a database to the newest state, or back, by numbered migrations.
///
/// Each migration runs in a transaction together with its row in `<schema>.schema_migrations`, under an advisory lock of
/// that transaction: of ten nodes that start at once one applies it and the others find it applied. Of a migration without a
/// transaction, the commands run under a lock of the session, and its row is added at the end. Runs as the role that owns
/// the tables, on a dedicated connection.
package struct Migrator: Sendable {
    private let configuration: PostgresConfiguration
    private let schema: String
    private let migrations: [Migration]
    private let logger: Logger

    /// Makes a migrator.
    /// - Parameters:
    ///   - configuration: How to reach the database, as the role that owns the tables.
    ///   - schema: Where the table of migrations is; made when missing.
    ///   - migrations: All of them, in any order.
    package init(
        configuration: PostgresConfiguration, schema: String = "main", migrations: [Migration], logger: Logger
    ) {
        self.configuration = configuration
        self.schema = schema
        self.migrations = migrations.sorted { $0.number < $1.number }
        self.logger = logger
    }

    /// Inspects what ``up(dryRun:)`` would meet: existing tables that differ from the baseline, rows that fail preflight
    /// checks. Nothing is changed.
    package func check() async throws(MigrationError) -> MigrationReport {
        try await run { (session) throws(MigrationError) in try session.check() }
    }

    /// Applies all pending migrations. Existing tables are adopted; see ``Migration/isBaseline``.
    /// - Throws: `.refused` with a report, before anything is changed, when existing tables or rows prevent it.
    /// - Parameter dryRun: Only find out which ones are pending; nothing is changed.
    /// - Returns: The ones that this call applied or, in a dry run, would apply.
    package func up(dryRun: Bool = false) async throws(MigrationError) -> [Migration] {
        try await run { (session) throws(MigrationError) in try session.up(dryRun: dryRun) }
    }

    /// Reverts the newest applied migrations.
    /// - Returns: The ones that were reverted, newest first.
    package func down(steps: Int = 1, dryRun: Bool = false) async throws(MigrationError) -> [Migration] {
        try await run { (session) throws(MigrationError) in
            try session.down(dryRun: dryRun) { done, _ in done < steps }
        }
    }

    /// Reverts all migrations with numbers above this one; 0 reverts everything.
    /// - Returns: The ones that were reverted, newest first.
    package func down(to number: Int, dryRun: Bool = false) async throws(MigrationError) -> [Migration] {
        try await run { (session) throws(MigrationError) in
            try session.down(dryRun: dryRun) { _, candidate in candidate > number }
        }
    }

    /// The state of all migrations that are known here or applied there, in order.
    package func status() async throws(MigrationError) -> [MigrationState] {
        try await run { (session) throws(MigrationError) in try session.status() }
    }

    private func run<Value: Sendable>(
        _ body: @escaping @Sendable (MigrationSession) throws(MigrationError) -> Value
    ) async throws(MigrationError) -> Value {
        for (earlier, later) in zip(migrations, migrations.dropFirst()) where earlier.number == later.number {
            throw MigrationError(.duplicateNumber, (later.number, later.name))
        }
        let outcome: Result<Value, MigrationError>
        do throws(PostgresError) {
            outcome = try await BlockingSession.run(configuration, logger: logger) { session in
                let session = MigrationSession(
                    session, schema: schema, migrations: migrations, configuration: configuration, logger: logger)
                do throws(MigrationError) { return .success(try body(session)) } catch { return .failure(error) }
            }
        } catch {
            throw MigrationError(.database, cause: error)
        }
        return try outcome.get()
    }
}
