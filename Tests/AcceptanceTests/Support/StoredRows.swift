import PostgresClient
import PostgresTestSupport

/// The rows of all tables with a version, as they are stored, whatever the API shows.
struct StoredRows: Sendable {
    /// One row.
    struct Row: Sendable {
        let version: Int64
        /// Microseconds since 1970.
        let modifiedOn: Int64
        /// The whole row as JSON.
        let text: String
    }

    private let database: TestDatabase
    /// Version, change and row of every row that `{condition}` is true of.
    private let select: String

    static func read(_ database: TestDatabase) async throws -> StoredRows {
        let tables = try await database.texts(
            """
            SELECT c.relname::text FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
            WHERE c.relnamespace = 'main'::regnamespace AND c.relkind = 'r' AND a.attname = 'row_version'
                AND EXISTS (SELECT FROM pg_attribute AS key WHERE key.attrelid = c.oid AND key.attname = 'id')
                -- A worker moves rows of the audit log.
                AND c.relname NOT LIKE 'audit%'
            ORDER BY 1
            """)
        guard !tables.isEmpty else { throw TestFailure("no tables with versions") }
        let selects = tables.map { table in
            """
            SELECT row_version, (extract(epoch FROM (to_jsonb(t)->>'modified_on')::timestamptz) * 1000000)::bigint,
                to_jsonb(t)::text
            FROM main.\(table) AS t WHERE {condition}
            """
        }
        return StoredRows(database: database, select: selects.joined(separator: "\nUNION ALL\n"))
    }

    /// The row of an id.
    func row(_ id: String) async throws -> Row {
        let sql = select.replacing("{condition}", with: "t.id::text = $1")
        guard let row = try await database.query(sql, [.text(id)]).first else { throw TestFailure("no row \(id)") }
        return Row(version: try row.int64(0), modifiedOn: try row.int64(1), text: try row.text(2))
    }

    /// All rows that contain a text.
    func mentioning(_ text: String) async throws -> [String] {
        let sql = select.replacing("{condition}", with: "strpos(to_jsonb(t)::text, $1) > 0") + "\nORDER BY 3"
        return try await database.query(sql, [.text(text)]).rows.map { try $0.text(2) }
    }
}
