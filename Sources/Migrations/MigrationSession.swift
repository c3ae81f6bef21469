import Glibc
import Logging
import PostgresClient
import Primitives

/// The work of a `Migrator` on its connection; blocking.
final class MigrationSession {
    private struct Applied {
        let number: Int
        let name: String
        let checksum: String
        let appliedAt: Timestamp
        let isAdopted: Bool
    }

    private let session: BlockingSession
    private let inspection: SchemaInspection
    private let schemaName: String
    private let schema: String
    private let table: String
    private let migrations: [Migration]
    private let configuration: PostgresConfiguration
    private let logger: Logger
    private var checksums: [Int: String] = [:]

    init(
        _ session: BlockingSession, schema: String, migrations: [Migration], configuration: PostgresConfiguration,
        logger: Logger
    ) {
        self.session = session
        self.inspection = SchemaInspection(session: session, schema: schema)
        self.schemaName = schema
        let quoted = schema.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        self.schema = "\"\(quoted)\""
        self.table = "\"\(quoted)\".schema_migrations"
        self.migrations = migrations
        self.configuration = configuration
        self.logger = logger
    }

    /// The report of what `up` would do.
    func check() throws(MigrationError) -> MigrationReport {
        try transaction { () throws(MigrationError) in
            let closed = try database { () throws(PostgresError) in try inspection.closedSchema() }
            guard closed.isEmpty else {
                return MigrationReport(adopts: false, pending: migrations, differences: closed, findings: [])
            }
            let rows = try applied()
            let pending = try pending(rows)
            return try database { () throws(PostgresError) in
                try inspection.report(pending: pending, isEmpty: rows.isEmpty)
            }
        }
    }

    func up(dryRun: Bool) throws(MigrationError) -> [Migration] {
        let report = try check()
        guard !report.isBlocked else { throw MigrationError(.refused, report: report) }
        if dryRun { return report.pending }
        var done: [Migration] = []
        while let migration = try applyNext() { done.append(migration) }
        return done
    }

    /// Reverts the newest applied migrations, while `wants` (given the count so far and the candidate) allows it.
    func down(dryRun: Bool, while wants: (Int, Int) -> Bool) throws(MigrationError) -> [Migration] {
        var done: [Migration] = []
        if dryRun {
            for row in try applied().reversed() where wants(done.count, row.number) {
                done.append(try reversible(row))
            }
            return done
        }
        while let migration = try revertLast(where: { wants(done.count, $0) }) { done.append(migration) }
        return done
    }

    func status() throws(MigrationError) -> [MigrationState] {
        let rows = try applied()
        var states: [MigrationState] = []
        for migration in migrations {
            let row = rows.first { $0.number == migration.number }
            var status = MigrationState.Status.pending
            if let row {
                let isSame = try isText(row.checksum, of: migration)
                status = isSame ? .applied(at: row.appliedAt) : .changed(at: row.appliedAt)
            }
            states.append(
                MigrationState(
                    number: migration.number, name: migration.name, status: status, isAdopted: row?.isAdopted ?? false))
        }
        for row in rows where !migrations.contains(where: { $0.number == row.number }) {
            states.append(
                MigrationState(
                    number: row.number, name: row.name, status: .unknown(at: row.appliedAt), isAdopted: row.isAdopted))
        }
        return states.sorted { $0.number < $1.number }
    }

    // MARK: One step

    /// Applies the first pending migration; `nil` when nothing is pending.
    private func applyNext() throws(MigrationError) -> Migration? {
        let next = try transaction { () throws(MigrationError) -> (migration: Migration?, isApplied: Bool) in
            try createTable()
            let rows = try applied()
            let pending = try pending(rows)
            guard let migration = pending.first else { return (nil, false) }
            if migration.isWithoutTransaction { return (migration, false) }
            let adopts = try isToBeAdopted(pending, after: rows)
            if !adopts { try run(migration, migration.up, .up) }
            try record(migration, adopts: adopts)
            return (migration, true)
        }
        guard let migration = next.migration, !next.isApplied else { return next.migration }
        let isOurs = try alone { () throws(MigrationError) in
            // Another migrator may have applied it while this one waited.
            guard try pending(applied()).first == migration else { return false }
            try runEach(migration, migration.up, .up)
            try transaction { () throws(MigrationError) in try record(migration, adopts: false) }
            return true
        }
        return isOurs ? migration : try applyNext()
    }

    /// Notes that a migration is applied.
    private func record(_ migration: Migration, adopts: Bool) throws(MigrationError) {
        let sum = try checksum(migration)
        try database { () throws(PostgresError) in
            if adopts {
                try session.execute(
                    "ALTER TABLE \(table) ADD COLUMN IF NOT EXISTS adopted boolean NOT NULL DEFAULT false")
            }
            _ = try session.query(
                "INSERT INTO \(table) (number, name, checksum\(adopts ? ", adopted" : "")) "
                    + "VALUES ($1::bigint, $2, $3\(adopts ? ", true" : ""))",
                ["\(migration.number)", migration.name, sum])
        }
        logger.info(
            adopts ? "existing tables adopted as the baseline" : "migration applied",
            metadata: ["number": "\(migration.number)", "name": "\(migration.name)"])
    }

    /// Whether the tables of the first pending migration exist already. Checked again in the transaction that records
    /// it, under the lock, because the result of `check` may be out of date.
    private func isToBeAdopted(_ pending: [Migration], after rows: [Applied]) throws(MigrationError) -> Bool {
        guard rows.isEmpty, let first = pending.first, first.isBaseline else { return false }
        let differences = try database { () throws(PostgresError) in try inspection.differences(pending: pending) }
        guard let differences else { return false }
        guard differences.isEmpty else {
            throw MigrationError(
                .refused,
                report: MigrationReport(adopts: true, pending: pending, differences: differences, findings: []))
        }
        return true
    }

    /// Reverts the newest applied migration if `wants` allows it.
    private func revertLast(where wants: (Int) -> Bool) throws(MigrationError) -> Migration? {
        let last = try transaction { () throws(MigrationError) -> (migration: Migration?, isReverted: Bool) in
            guard let row = try applied().last, wants(row.number) else { return (nil, false) }
            let migration = try reversible(row)
            if migration.isWithoutTransaction { return (migration, false) }
            // Adopted tables existed before: they are not dropped.
            if !row.isAdopted { try run(migration, migration.down, .down) }
            try forget(migration)
            return (migration, true)
        }
        guard let migration = last.migration, !last.isReverted else { return last.migration }
        let isOurs = try alone { () throws(MigrationError) in
            guard try applied().last?.number == migration.number else { return false }
            try runEach(migration, migration.down, .down)
            try transaction { () throws(MigrationError) in try forget(migration) }
            return true
        }
        return isOurs ? migration : try revertLast(where: wants)
    }

    /// Notes that a migration is not applied any more.
    private func forget(_ migration: Migration) throws(MigrationError) {
        try database { () throws(PostgresError) in
            _ = try session.query("DELETE FROM \(table) WHERE number = $1::bigint", ["\(migration.number)"])
        }
        logger.info(
            "migration reverted", metadata: ["number": "\(migration.number)", "name": "\(migration.name)"])
    }

    /// Runs each statement of a migration that has no transaction.
    private func runEach(
        _ migration: Migration, _ sql: String, _ direction: MigrationError.Direction
    ) throws(MigrationError) {
        do throws(PostgresError) {
            for statement in Migration.statements(of: sql) { try session.execute(statement) }
        } catch {
            throw MigrationError(.failed, (migration.number, migration.name), direction: direction, cause: error)
        }
    }

    private func run(
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

    // MARK: State

    /// The applied migrations, oldest first; empty when there is no table yet.
    private func applied() throws(MigrationError) -> [Applied] {
        let rows = try database { () throws(PostgresError) -> [[String?]] in
            guard try hasTable() else { return [] }
            return try session.query(
                """
                SELECT number, name, checksum, (extract(epoch FROM applied_at) * 1000000)::bigint,
                    coalesce((to_jsonb(m) ->> 'adopted')::boolean, false)
                FROM \(table) AS m ORDER BY number
                """)
        }
        return rows.compactMap { row in
            guard row.count == 5, let number = row[0].flatMap({ Int($0) }), let name = row[1], let sum = row[2],
                let time = row[3].flatMap({ Int64($0) })
            else { return nil }
            return Applied(
                number: number, name: name, checksum: sum, appliedAt: Timestamp(microseconds: time),
                isAdopted: row[4] == "t")
        }
    }

    /// The migrations still to be applied, after checking those that were.
    private func pending(_ rows: [Applied]) throws(MigrationError) -> [Migration] {
        for row in rows {
            guard let migration = migrations.first(where: { $0.number == row.number }) else { continue }
            try check(migration, row)
        }
        let numbers = Set(rows.map(\.number))
        let pending = migrations.filter { !numbers.contains($0.number) }
        let newest = rows.last { row in migrations.contains { $0.number == row.number } }?.number ?? .min
        if let first = pending.first, first.number < newest {
            throw MigrationError(.outOfOrder, (first.number, first.name), direction: .up)
        }
        return pending
    }

    private func reversible(_ row: Applied) throws(MigrationError) -> Migration {
        guard let migration = migrations.first(where: { $0.number == row.number }) else {
            throw MigrationError(.unknownMigration, (row.number, row.name), direction: .down)
        }
        try check(migration, row)
        guard row.isAdopted || migration.down.utf8.contains(where: { $0 > 0x20 }) else {
            throw MigrationError(.irreversible, (row.number, row.name), direction: .down)
        }
        return migration
    }

    private func check(_ migration: Migration, _ row: Applied) throws(MigrationError) {
        guard try isText(row.checksum, of: migration) else {
            throw MigrationError(.checksumMismatch, (migration.number, migration.name))
        }
    }

    private func isText(_ sum: String, of migration: Migration) throws(MigrationError) -> Bool {
        if migration.formerChecksums.contains(sum) { return true }
        return try checksum(migration) == sum
    }

    /// SHA-256 of the SQL text, computed by the server.
    private func checksum(_ migration: Migration) throws(MigrationError) -> String {
        if let known = checksums[migration.number] { return known }
        let rows = try database { () throws(PostgresError) in
            try session.query("SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex')", [migration.up])
        }
        guard let sum = rows.first?.first ?? nil else { throw MigrationError(.database) }
        checksums[migration.number] = sum
        return sum
    }

    // MARK: Table and transaction

    /// Asks the catalogs rather than `to_regclass`, which may answer from the connection's cache: from before the wait
    /// for the lock, when another migrator was making the table.
    private func hasTable() throws(PostgresError) -> Bool {
        try session.query(
            """
            SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relname = 'schema_migrations'
            """, [schemaName]
        ).count == 1
    }

    private func createTable() throws(MigrationError) {
        try database { () throws(PostgresError) in
            if try hasTable() { return }
            // Asked for first: CREATE SCHEMA IF NOT EXISTS needs a privilege even when the schema is there.
            if try session.query("SELECT FROM pg_namespace WHERE nspname = $1", [schemaName]).isEmpty {
                try session.execute("CREATE SCHEMA \(schema)")
            }
            try session.execute(
                """
                CREATE TABLE \(table) (
                    number bigint PRIMARY KEY,
                    name text NOT NULL,
                    checksum text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT now()
                )
                """)
        }
    }

    /// Runs `body` in a transaction, alone among all migrators of this database and schema.
    private func transaction<Value>(_ body: () throws(MigrationError) -> Value) throws(MigrationError) -> Value {
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
    private func alone<Value>(_ body: () throws(MigrationError) -> Value) throws(MigrationError) -> Value {
        let key = "hashtextextended('schema_migrations, each statement:' || $1, 0)"
        // Asked for again and again: CREATE INDEX CONCURRENTLY waits for everybody who has begun a statement before, and that would
        // include one that waits for the lock.
        while try database({ () throws(PostgresError) in
            try session.query("SELECT pg_try_advisory_lock(\(key))", [schemaName])
        }) != [["t"]] {
            usleep(100_000)
        }
        defer { _ = try? session.query("SELECT pg_advisory_unlock(\(key))", [schemaName]) }
        return try body()
    }

    private func database<Value>(_ body: () throws(PostgresError) -> Value) throws(MigrationError) -> Value {
        do throws(PostgresError) {
            return try body()
        } catch {
            throw MigrationError(.database, cause: error)
        }
    }
}
