import Logging
import PostgresClient

extension MigrationSession {
    /// Applies the first pending migration; nil if none is pending.
    func applyNext() throws(MigrationError) -> Migration? {
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
    func record(_ migration: Migration, adopts: Bool) throws(MigrationError) {
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
    func isToBeAdopted(_ pending: [Migration], after rows: [Applied]) throws(MigrationError) -> Bool {
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
}
