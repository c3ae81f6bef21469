import Logging
import PostgresClient

extension MigrationSession {
    /// Reverts the newest applied migration if `wants` allows it.
    func revertLast(where wants: (Int) -> Bool) throws(MigrationError) -> Migration? {
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
    func forget(_ migration: Migration) throws(MigrationError) {
        try database { () throws(PostgresError) in
            _ = try session.query("DELETE FROM \(table) WHERE number = $1::bigint", ["\(migration.number)"])
        }
        logger.info(
            "migration reverted", metadata: ["number": "\(migration.number)", "name": "\(migration.name)"])
    }
}
