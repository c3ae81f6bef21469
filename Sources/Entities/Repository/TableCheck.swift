package import PostgresClient

extension EntityCatalog {
    /// Compares the descriptions with the tables of a database, for tests and `arc doctor`.
    /// - Returns: one English line for each difference; empty when statements and validation fit the tables.
    package func differences(from pool: PostgresPool) async throws(RepositoryError) -> [String] {
        do {
            let result = try await pool.query(
                """
                SELECT c.relname::text, a.attname::text, t.typname::text, a.atttypmod, a.attnotnull
                FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_type AS t ON t.oid = a.atttypid
                JOIN pg_namespace AS n ON n.oid = c.relnamespace
                WHERE n.nspname = 'main' AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v')
                """)
            var columns: [String: TableColumn] = [:]
            for row in result.rows {
                columns["\(try row.text(0)).\(try row.text(1))"] = TableColumn(
                    type: try row.text(2), modifier: try row.int(3), isNotNull: try row.bool(4))
            }
            return entities.flatMap { $0.differences(from: columns) }
        } catch {
            throw .from(error, entity: nil)
        }
    }
}

/// A column as the database has it.
private struct TableColumn {
    let type: String
    /// For `varchar(n)` and `char(n)`: n and the four bytes of a header that is not there; -1 for no limit.
    let modifier: Int
    let isNotNull: Bool

    var maximumLength: Int? { ["varchar", "bpchar"].contains(type) && modifier >= 4 ? modifier - 4 : nil }
}

extension Entity {
    fileprivate func differences(from columns: [String: TableColumn]) -> [String] {
        var lines: [String] = []
        if columns["\(table).row_version"]?.type != "int8" { lines.append("\(table).row_version is not a bigint") }
        for field in properties {
            guard let column = columns["\(table).\(field.column)"] else {
                lines.append("\(table).\(field.column) does not exist")
                continue
            }
            if !field.type.columnTypes.contains(column.type) {
                lines.append("\(table).\(field.column) is \(column.type), not \(field.type.columnTypes[0])")
            }
            if alwaysSet.contains(field.name), field.name != Entity.id.name, !column.isNotNull {
                lines.append("\(table).\(field.column) may be NULL, \(name).\(field.name) is always set")
            }
            if let limit = column.maximumLength, field.access == .readWrite, field.schema.admitsLongerThan(limit) {
                lines.append("\(table).\(field.column) holds \(limit) characters, \(name).\(field.name) allows more")
            }
        }
        return lines
    }
}

extension FieldType {
    /// The types of columns that statements for this field work with.
    fileprivate var columnTypes: [String] {
        switch self {
        case .string: ["text", "varchar", "bpchar"]
        case .identifier: ["uuid"]
        case .integer(.int16): ["int2"]
        case .integer(.int32): ["int4"]
        case .integer(.int64): ["int8"]
        case .number: ["numeric"]
        case .boolean: ["bool"]
        case .timestamp: ["timestamptz"]
        case .json: ["jsonb"]
        case .strings: ["_varchar"]
        }
    }
}

extension Schema {
    fileprivate func admitsLongerThan(_ limit: Int) -> Bool {
        guard case .string(let rules) = kind, allowedValues.isEmpty else { return false }
        return switch rules.format {
        case .uuid: limit < 36
        case .date: limit < 10
        default: (rules.maximumLength ?? .max) > limit
        }
    }
}
