import Logging
import PostgresClient
import Primitives

/// The work of a `Migrator` on its connection; blocking.
final class MigrationSession {
    let session: BlockingSession
    let inspection: SchemaInspection
    let schemaName: String
    /// The quoted name of the schema.
    let schema: String
    /// The quoted name of the table of migrations.
    let table: String
    let migrations: [Migration]
    let configuration: PostgresConfiguration
    let logger: Logger
    /// SHA-256 of migrations' texts, by number, as far as the server has computed them.
    var checksums: [Int: String] = [:]

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
}
