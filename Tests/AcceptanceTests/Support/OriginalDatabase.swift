import Foundation
import JSONCoding
import Migrations
import PostgresClient
import PostgresTestSupport
import StackTestSupport

/// A database as ARC SaaS leaves it behind, owned by a role that is no superuser, and what is compared of it.
struct OriginalDatabase: Sendable {
    /// Who owns the original's tables; the cluster's, so shared.
    static let owner = "test_original_owner"

    let database: TestDatabase

    /// Gives `body` a new one.
    static func with(
        _ template: DatabaseTemplate, broken: Bool = false, _ body: (OriginalDatabase) async throws -> Void
    ) async throws {
        try await TestDatabase.makeEmpty(template, owner: owner).removed { database in
            let original = OriginalDatabase(database: database)
            try await original.load(["schema", "rows"])
            if broken { try await original.load(["broken"]) }
            try await body(original)
        }
    }

    /// Migrates it, as a rule as the owner of the tables.
    /// - Parameter ends: The first migration that is left out, with all after it.
    func migrator(as user: String = owner, before ends: (Migration) -> Bool = { _ in false }) -> Migrator {
        Migrator(
            configuration: database.configuration(user: user),
            migrations: Array(database.template.migrations.prefix { !ends($0) }), logger: testLogger)
    }

    /// Runs files of `Tests/Fixtures/original` as the owner, in one transaction.
    private func load(_ parts: [String]) async throws {
        let service = database.template == .subscription ? "subscription" : "tenant-management"
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Fixtures/original").standardized
        let texts = try parts.map { part in
            try String(contentsOf: folder.appendingPathComponent("\(service).\(part).sql"), encoding: .utf8)
        }
        // The migrator is what can run a file of many commands; its own table is taken away again.
        _ = try await Migrator(
            configuration: database.configuration(user: Self.owner), schema: "fixture",
            migrations: [Migration(number: 1, name: "original", up: texts.joined(separator: "\n"), down: "")],
            logger: testLogger
        ).up()
        try await database.query("DROP SCHEMA fixture CASCADE")
    }

    // MARK: Comparing

    /// The columns of the original's tables, in order.
    func columns() async throws -> [String: [Column]] {
        var columns: [String: [Column]] = [:]
        for row in try await database.query(
            """
            SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL) FROM pg_class AS c
            JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relnamespace = 'main'::regnamespace AND c.relkind = 'r' ORDER BY c.relname, a.attname
            """
        ).rows {
            columns[try row.text(0), default: []].append(Column(name: try row.text(1), type: try row.text(2)))
        }
        return columns
    }

    struct Column: Sendable, Hashable {
        let name: String
        let type: String
    }

    /// Every row of every table, by table and id: the given columns, times in UTC with milliseconds.
    func rows(_ columns: [String: [Column]]) async throws -> [String: [String: JSONObject]] {
        var tables: [String: [String: JSONObject]] = [:]
        for (table, columns) in columns {
            let values = columns.map { column in
                column.type == "timestamp with time zone"
                    ? "to_char(\(column.name) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') AS \(column.name)"
                    : column.name
            }
            var rows: [String: JSONObject] = [:]
            for text in try await database.texts(
                "SELECT row_to_json(r)::text FROM (SELECT \(values.joined(separator: ", ")) FROM main.\(table)) AS r")
            {
                let row = try JSONValue.parse(Array(text.utf8)).objectValue ?? [:]
                rows[row["id"]?.stringValue ?? text] = row
            }
            tables[table] = rows
        }
        return tables
    }

    /// Everything that is defined in schema main, a line each, without our own list of migrations.
    func definitions() async throws -> [String] {
        try await database.texts(
            """
            SELECT line FROM (
                SELECT concat_ws(' ', 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                    a.attnotnull, pg_get_expr(d.adbin, d.adrelid), c.relrowsecurity, pg_get_userbyid(c.relowner))
                FROM pg_class AS c
                JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
                WHERE c.relnamespace = 'main'::regnamespace AND c.relkind IN ('r', 'v')
                    AND c.relname <> 'schema_migrations'
                UNION ALL
                SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated)
                FROM pg_constraint WHERE connamespace = 'main'::regnamespace
                    AND conrelid <> coalesce(to_regclass('main.schema_migrations'), 0)
                UNION ALL
                SELECT indexdef FROM pg_indexes WHERE schemaname = 'main' AND tablename <> 'schema_migrations'
                UNION ALL
                SELECT pg_get_triggerdef(oid) FROM pg_trigger
                WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'main'::regnamespace)
                UNION ALL
                SELECT concat_ws(' ', 'policy', tablename, policyname, qual) FROM pg_policies WHERE schemaname = 'main'
                UNION ALL
                SELECT concat_ws(' ', 'function', proname, prosrc) FROM pg_proc
                WHERE pronamespace = 'main'::regnamespace
            ) AS definitions (line)
            ORDER BY line
            """)
    }
}
