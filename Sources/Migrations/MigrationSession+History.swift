import PostgresClient
import Primitives

/// What the table of migrations says, and what follows from it.
extension MigrationSession {
    /// A row of the table of migrations.
    struct Applied {
        let number: Int
        let name: String
        let checksum: String
        let appliedAt: Timestamp
        let isAdopted: Bool
    }

    /// The applied migrations, oldest first; empty when there is no table yet.
    func applied() throws(MigrationError) -> [Applied] {
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
    func pending(_ rows: [Applied]) throws(MigrationError) -> [Migration] {
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

    /// The migration of a row, if it can be reverted.
    func reversible(_ row: Applied) throws(MigrationError) -> Migration {
        guard let migration = migrations.first(where: { $0.number == row.number }) else {
            throw MigrationError(.unknownMigration, (row.number, row.name), direction: .down)
        }
        try check(migration, row)
        guard row.isAdopted || migration.down.utf8.contains(where: { $0 > 0x20 }) else {
            throw MigrationError(.irreversible, (row.number, row.name), direction: .down)
        }
        return migration
    }

    /// Checks that the migration has the text that was applied.
    func check(_ migration: Migration, _ row: Applied) throws(MigrationError) {
        guard try isText(row.checksum, of: migration) else {
            throw MigrationError(.checksumMismatch, (migration.number, migration.name))
        }
    }

    /// Whether the checksum is that of the migration's text, or of a former one that counts as it.
    func isText(_ sum: String, of migration: Migration) throws(MigrationError) -> Bool {
        if migration.formerChecksums.contains(sum) { return true }
        return try checksum(migration) == sum
    }

    /// SHA-256 of the SQL text, computed by the server.
    func checksum(_ migration: Migration) throws(MigrationError) -> String {
        if let known = checksums[migration.number] { return known }
        let rows = try database { () throws(PostgresError) in
            try session.query("SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex')", [migration.up])
        }
        guard let sum = rows.first?.first ?? nil else { throw MigrationError(.database) }
        checksums[migration.number] = sum
        return sum
    }

    /// Asks the catalogs rather than `to_regclass`, which may answer from the connection's cache: from before the wait
    /// for the lock, when another migrator was making the table.
    func hasTable() throws(PostgresError) -> Bool {
        try session.query(
            """
            SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relname = 'schema_migrations'
            """, [schemaName]
        ).count == 1
    }

    /// Makes the table, and its schema, if they do not exist.
    func createTable() throws(MigrationError) {
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
}
