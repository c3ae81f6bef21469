import PostgresClient

/// The SQL that reads and replaces the values of a column. Keys are texts on the way, whatever their types are, and sealed bytes are
/// hexadecimal inside JSON.
struct ResealStatements: Sendable {
    /// A page of rows from the start of the table. Parameters: rows of a page, prefix of the current key (`bytes` only).
    let firstPage: PostgresStatement
    /// The page behind a row. More parameters: the key of that row.
    let nextPage: PostgresStatement
    /// Replaces values that have not changed since they were read. Rows that somebody else has locked are left out, so that this
    /// waits for nobody and others wait for the length of one statement at most. Parameter: rows. Returns their number.
    let update: PostgresStatement

    init(_ column: SealedColumn) {
        let isBytes = column.form == .bytes
        let names = column.key.map(\.name)
        let read = (names + column.others).map { "page.\($0)::text" }
        let value =
            isBytes
            ? "CASE WHEN substring(page.\(column.column) FROM 1 FOR length($2)) <> $2 THEN page.\(column.column) END"
            : column.hasSecretMembers
                ? "page.\(column.column)::text"
                : "CASE WHEN page.\(column.column)::text LIKE '%\"sealed:%' THEN page.\(column.column)::text END"
        func page(_ condition: String) -> PostgresStatement {
            PostgresStatement(
                """
                SELECT \((read + [value]).joined(separator: ", "))
                FROM (SELECT \((names + column.others + [column.column]).joined(separator: ", "))
                    FROM \(column.table) \(condition)
                    ORDER BY \(names.joined(separator: ", ")) LIMIT $1) AS page
                ORDER BY \(names.map { "page.\($0)" }.joined(separator: ", "))
                """)
        }
        let firstKey = isBytes ? 3 : 2
        let last = column.key.enumerated().map { "$\(firstKey + $0.offset)::\($0.element.type)" }
        firstPage = page("")
        nextPage = page("WHERE (\(names.joined(separator: ", "))) > (\(last.joined(separator: ", ")))")

        func same(_ left: String, _ right: String) -> String {
            column.key.map { "\(left).\($0.name) = \(right).\($0.name)::\($0.type)" }.joined(separator: " AND ")
        }
        let stored = isBytes ? "stored.\(column.column)" : "stored.\(column.column)::text"
        let former = isBytes ? "decode(given.former, 'hex')" : "given.former"
        let latest =
            switch column.form {
            case .bytes: "decode(given.latest, 'hex')"
            case .json: "given.latest::json"
            case .jsonb: "given.latest::jsonb"
            }
        let given = (names + ["former", "latest"]).map { "\($0) text" }.joined(separator: ", ")
        update = PostgresStatement(
            """
            WITH given AS MATERIALIZED (SELECT * FROM jsonb_to_recordset($1) AS given (\(given))),
            locked AS MATERIALIZED (
                SELECT \(names.map { "stored.\($0)" }.joined(separator: ", "))
                FROM given JOIN \(column.table) AS stored ON \(same("stored", "given"))
                WHERE \(stored) = \(former)
                ORDER BY \(names.map { "stored.\($0)" }.joined(separator: ", "))
                FOR UPDATE OF stored SKIP LOCKED)
            UPDATE \(column.table) AS stored SET \(column.column) = \(latest)
            FROM given JOIN locked ON \(same("locked", "given"))
            WHERE \(same("stored", "given")) AND \(stored) = \(former)
            """)
    }

    /// How many rows a table has, as PostgreSQL last counted. Parameter: the table.
    static let estimate: PostgresStatement = """
        SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass($1)
        """
}
