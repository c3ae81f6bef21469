import PostgresClient

/// What a tenant's data is, in a form that two copies of it share: for each table its number of rows and a checksum of them, the
/// state of each sequence, and how many objects of other kinds there are.
///
/// The checksum of a table is the sum of the digests of its rows, so it depends neither on their order nor on how many fit into
/// memory: the server reads a table once and keeps two numbers.
struct DataFingerprint: Sendable, Hashable {
    /// By what it is of.
    private(set) var parts: [String: String] = [:]
    private(set) var tables = 0
    private(set) var rows = 0

    /// Reads the data of a tenant.
    /// - Parameter schema: The only schema of it; nil for all of the database but those of the system.
    static func read(from pool: PostgresPool, schema: String?) async throws -> DataFingerprint {
        try await pool.withTransaction { transaction in
            // A row as text depends on these.
            for setting in [
                "datestyle = 'ISO'", "intervalstyle = 'postgres'", "timezone = 'UTC'", "extra_float_digits = 1",
                "bytea_output = 'hex'", "xmloption = 'content'",
            ] {
                try await transaction.run("SET LOCAL \(setting)")
            }
            var fingerprint = DataFingerprint()
            let scope: [PostgresValue] = [.optional(schema) { .text($0) }]
            for row in try await transaction.query(Self.tables, scope).rows {
                try await fingerprint.addTable(try row.text(0), try row.text(1), in: transaction)
            }
            for row in try await transaction.query(Self.sequences, scope).rows {
                fingerprint.parts["sequence \(try row.text(0)).\(try row.text(1))"] =
                    try row.int64IfPresent(2).map { "at \($0)" } ?? "unused"
            }
            for row in try await transaction.query(Self.objects, scope).rows {
                fingerprint.parts[try row.text(0)] = "\(try row.int64(1))"
            }
            return fingerprint
        }
    }

    private mutating func addTable(
        _ schema: String, _ table: String, in transaction: PostgresTransaction
    ) async throws {
        let name = "\(SQLName.quoted(schema)).\(SQLName.quoted(table))"
        let result = try await transaction.query(
            PostgresStatement("\(Self.checksum) FROM ONLY \(name) AS arc_move_row) AS hashed", prepared: false))
        guard let row = result.first else { return }
        let count = try row.int64(0)
        tables += 1
        rows += Int(count)
        parts["table \(schema).\(table)"] = "\(count) rows, checksum \(try row.text(1))"
    }

    /// The first part that two copies do not share, by name; nil when they are the same.
    func difference(from other: DataFingerprint) -> String? {
        let names = Set(parts.keys).union(other.parts.keys).sorted()
        guard let name = names.first(where: { parts[$0] != other.parts[$0] }) else { return nil }
        return "\(name): \(parts[name] ?? "missing") at the source, \(other.parts[name] ?? "missing") in the copy"
    }

    private static let tables: PostgresStatement = """
        SELECT namespace.nspname::text, class.relname::text
        FROM pg_catalog.pg_class AS class JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
        WHERE class.relkind = 'r' AND class.relpersistence <> 't'
            AND CASE WHEN $1::text IS NULL
                THEN namespace.nspname !~ '^pg_' AND namespace.nspname NOT IN ('information_schema', 'public')
                ELSE namespace.nspname = $1 END
        ORDER BY 1, 2
        """

    private static let checksum = """
        SELECT count(*), COALESCE(sum(('x' || left(digest, 16))::bit(64)::bigint::numeric), 0)::text
            || '/' || COALESCE(sum(('x' || right(digest, 16))::bit(64)::bigint::numeric), 0)::text
        FROM (SELECT pg_catalog.md5(arc_move_row::text) AS digest
        """

    private static let sequences: PostgresStatement = """
        SELECT schemaname::text, sequencename::text, last_value FROM pg_catalog.pg_sequences
        WHERE CASE WHEN $1::text IS NULL
            THEN schemaname !~ '^pg_' AND schemaname NOT IN ('information_schema', 'public') ELSE schemaname = $1 END
        """

    /// Objects that a restore could lose without an error in a table.
    private static let objects: PostgresStatement = """
        WITH spaces AS (
            SELECT oid FROM pg_catalog.pg_namespace
            WHERE CASE WHEN $1::text IS NULL
                THEN nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public') ELSE nspname = $1 END),
        relations AS (SELECT oid, relkind FROM pg_catalog.pg_class WHERE relnamespace IN (SELECT oid FROM spaces))
        SELECT 'indexes', count(*) FROM relations WHERE relkind IN ('i', 'I')
        UNION ALL SELECT 'views', count(*) FROM relations WHERE relkind IN ('v', 'm')
        UNION ALL SELECT 'partitioned tables', count(*) FROM relations WHERE relkind = 'p'
        UNION ALL SELECT 'constraints', count(*) FROM pg_catalog.pg_constraint
            WHERE contype IN ('p', 'u', 'f', 'c', 'x') AND connamespace IN (SELECT oid FROM spaces)
        UNION ALL SELECT 'functions', count(*) FROM pg_catalog.pg_proc WHERE pronamespace IN (SELECT oid FROM spaces)
        UNION ALL SELECT 'triggers', count(*) FROM pg_catalog.pg_trigger
            WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM relations)
        UNION ALL SELECT 'policies', count(*) FROM pg_catalog.pg_policy WHERE polrelid IN (SELECT oid FROM relations)
        """
}
