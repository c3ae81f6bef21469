package import Logging

/// Brings a database to the newest state, or back, by numbered migrations.
///
/// Each migration runs in a transaction together with its row in `<schema>.schema_migrations`, under an advisory lock of
/// that transaction: of ten nodes that start at once one applies it and the others find it applied. Runs as the role that
/// owns the tables, on a connection of its own.
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

    /// Looks at what ``up(dryRun:)`` would meet: tables of the original that are not as expected, rows that break rules.
    /// Nothing is changed.
    package func check() async throws(MigrationError) -> MigrationReport {
        try await run { (session) throws(MigrationError) in try session.check() }
    }

    /// Applies all pending migrations. A database that the original's migrations made is taken over: see
    /// ``Migration/isAdoptable``.
    /// - Throws: `.refused` with a report, before anything is changed, when tables or rows stand against it.
    /// - Parameter dryRun: Only look which ones are pending; nothing is changed.
    /// - Returns: The ones that this call applied or, dry, would apply.
    package func up(dryRun: Bool = false) async throws(MigrationError) -> [Migration] {
        try await run { (session) throws(MigrationError) in try session.up(dryRun: dryRun) }
    }

    /// Takes back the newest applied migrations.
    /// - Parameters:
    ///   - steps: How many.
    ///   - dryRun: Only look which ones.
    /// - Returns: The ones taken back, newest first.
    package func down(steps: Int = 1, dryRun: Bool = false) async throws(MigrationError) -> [Migration] {
        try await run { (session) throws(MigrationError) in
            try session.down(dryRun: dryRun) { done, _ in done < steps }
        }
    }

    /// Takes back all migrations with numbers above this one; 0 takes back everything.
    /// - Returns: The ones taken back, newest first.
    package func down(to number: Int, dryRun: Bool = false) async throws(MigrationError) -> [Migration] {
        try await run { (session) throws(MigrationError) in
            try session.down(dryRun: dryRun) { _, candidate in candidate > number }
        }
    }

    /// Tells of all migrations, known here or applied there, how the database stands to them; in order.
    package func status() async throws(MigrationError) -> [MigrationState] {
        try await run { (session) throws(MigrationError) in try session.status() }
    }

    private func run<Value: Sendable>(
        _ body: @escaping @Sendable (MigrationSession) throws(MigrationError) -> Value
    ) async throws(MigrationError) -> Value {
        for (earlier, later) in zip(migrations, migrations.dropFirst()) where earlier.number == later.number {
            throw MigrationError(.duplicateNumber, (later.number, later.name))
        }
        let notices = NoticeLog(logger: logger)
        let outcome = await BlockingThread.run { () -> Result<Value, MigrationError> in
            do throws(MigrationError) {
                switch configuration.open(isOwner: true, notices: notices) {
                case .failure(let error): throw MigrationError(.database, cause: error)
                case .success(let opened):
                    let session = MigrationSession(
                        BlockingSession(opened), schema: schema, migrations: migrations,
                        configuration: configuration, logger: logger)
                    return .success(try body(session))
                }
            } catch {
                return .failure(error)
            }
        }
        guard let outcome else {
            throw MigrationError(.database, cause: PostgresError(.connection, "no thread to be had"))
        }
        return try outcome.get()
    }
}
