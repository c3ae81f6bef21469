package import PostgresClient
package import Primitives

/// Rows of a table as JSON, with all columns, for archives: how they are read, and stored again with the same ids.
package enum RowArchive {
    /// Most rows that one statement stores.
    package static let batchSize = 500

    /// The statement that reads all rows of a tenant in an entity, deleted ones too: one JSON text for each. Nil for entities whose
    /// rows are nobody's.
    package static func dumping(_ entity: Entity, of tenant: Identifier) -> BoundStatement? {
        let condition = entity.tenancy.condition(alias: "t0", tenant: "$1") { entity.field(named: $0) }
        guard let condition, entity.tenancy != .operatorOnly else { return nil }
        return BoundStatement(
            PostgresStatement(
                "SELECT row_to_json(t0)::text FROM \(SQLText.table(entity.table)) AS t0 WHERE \(condition) ORDER BY t0.\"id\""
            ),
            [.identifier(tenant)])
    }

    /// The statement that lists the columns of tables: table, column, and whether PostgreSQL computes its values.
    package static let columns: PostgresStatement = """
        SELECT c.relname::text, a.attname::text, a.attgenerated <> '' FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'main'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY c.relname, a.attnum
        """

    /// The statement that lists the values of a unique column with the ids of their rows.
    package static func keys(of table: String, in column: String) -> PostgresStatement {
        PostgresStatement(
            "SELECT \(SQLText.quote(column))::text, id::text FROM \(SQLText.table(table))", prepared: false)
    }

    /// The statement that stores rows, given as one JSON array.
    /// - Parameters:
    ///   - table: A table that ``columns`` has listed.
    ///   - columns: Its columns as listed, without those that PostgreSQL computes; members of the rows with names that are not
    ///     listed must have been rejected before.
    ///   - existing: What becomes of rows that are there already.
    package static func loading(
        into table: String, columns: [String], rows: [UInt8], existing: RowImport.Existing
    ) -> BoundStatement {
        let names = columns.map(SQLText.quote).joined(separator: ", ")
        let end =
            switch existing {
            case .refused: ""
            case .shared: " ON CONFLICT DO NOTHING"
            case .own:
                " AS given WHERE NOT EXISTS (SELECT FROM \(SQLText.table(table)) AS there WHERE there.\"id\" = given.\"id\")"
            }
        return BoundStatement(
            PostgresStatement(
                """
                INSERT INTO \(SQLText.table(table)) (\(names))
                SELECT \(names) FROM json_populate_recordset(NULL::\(SQLText.table(table)), convert_from($1, 'UTF8')::json)
                """ + end, prepared: false),
            [.bytes(rows)])
    }

    /// The statement that looks for one of these rows that is not the tenant's. Nil for entities whose rows are nobody's.
    package static func foreign(_ entity: Entity, ids: [Identifier], of tenant: Identifier) -> BoundStatement? {
        let condition = entity.tenancy.condition(alias: "t0", tenant: "$1") { entity.field(named: $0) }
        guard let condition, entity.tenancy != .operatorOnly else { return nil }
        return BoundStatement(
            PostgresStatement(
                """
                SELECT t0."id"::text FROM \(SQLText.table(entity.table)) AS t0
                WHERE t0."id" = ANY($2) AND (\(condition)) IS NOT TRUE LIMIT 1
                """, prepared: false),
            [.identifier(tenant), .identifierArray(ids)])
    }
}
