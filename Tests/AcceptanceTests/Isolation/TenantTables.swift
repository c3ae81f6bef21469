import JSONCoding
import PostgresClient
import PostgresTestSupport

/// The tables of a database that hold rows of tenants, as the catalog of PostgreSQL lists them, so that a
/// table that is added later needs no line here.
struct TenantTables: Sendable {
    struct Column: Sendable {
        let name: String
        let type: String
        let isNeeded: Bool
        let isGenerated: Bool
        let target: String?
    }

    struct Table: Sendable {
        let name: String
        let isProtected: Bool
        let columns: [Column]

        var hasID: Bool { columns.contains { $0.name == "id" } }
        var tenantColumn: String? { columns.first { TenantTables.tenantColumns.contains($0.name) }?.name }
    }

    /// Columns that say whose a row is.
    private static let tenantColumns: Set<String> = ["tenant_id", "subscriber_id", "strategy_entity_id"]
    /// Tables that are tenants' without such a column.
    private static let roots: Set<String> = ["tenants", "leads", "addresses"]
    /// Events on their way: they come and go by themselves.
    private static let transient: Set<String> = [
        "outbox", "event_feed", "event_counters", "webhook_queues", "webhook_deliveries", "webhook_attempts",
        // Turns of tenants at a worker.
        "renewal_queues",
        // Moved by the service.
        "audit_logs", "audit_pending", "audit_chained",
    ]

    let database: TestDatabase
    /// Every table of the schema.
    let all: [Table]
    /// The tables with rows of tenants: what names a tenant, and what refers to it.
    let owned: [Table]

    /// Those whose rows stay as they are while nobody changes them.
    var lasting: [Table] { owned.filter { !Self.transient.contains($0.name) } }

    static func read(_ database: TestDatabase) async throws -> TenantTables {
        let text = try await database.texts(
            """
            SELECT coalesce(json_agg(row_to_json(found)), '[]')::text FROM (
                SELECT c.relname AS "table", c.relrowsecurity AS protected, a.attname AS name,
                    format_type(a.atttypid, a.atttypmod) AS type,
                    a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS needed,
                    a.attgenerated <> '' OR a.attidentity = 'a' AS generated,
                    (SELECT confrelid::regclass::text FROM pg_constraint
                        WHERE conrelid = c.oid AND contype = 'f' AND conkey = ARRAY[a.attnum] LIMIT 1) AS target
                FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                WHERE n.nspname = 'main' AND c.relkind IN ('r', 'p') ORDER BY c.relname, a.attnum) AS found
            """)
        var tables: [String: (isProtected: Bool, columns: [Column])] = [:]
        for row in try JSONValue.parse(Array(text[0].utf8)).arrayValue ?? [] {
            let target = row["target"]?.stringValue?.split(separator: ".").last.map(String.init)
            tables[row["table"]?.stringValue ?? "", default: (row["protected"] == true, [])].columns.append(
                Column(
                    name: row["name"]?.stringValue ?? "", type: row["type"]?.stringValue ?? "",
                    isNeeded: row["needed"] == true, isGenerated: row["generated"] == true, target: target))
        }
        let all = tables.map { Table(name: $0, isProtected: $1.isProtected, columns: $1.columns) }
            .sorted { $0.name < $1.name }
        var names = Set(all.filter { roots.contains($0.name) || $0.tenantColumn != nil }.map(\.name))
        while true {
            let more = all.filter { table in
                !names.contains(table.name) && table.columns.contains { $0.target.map(names.contains) == true }
            }
            guard !more.isEmpty else { break }
            names.formUnion(more.map(\.name))
        }
        return TenantTables(database: database, all: all, owned: all.filter { names.contains($0.name) })
    }

    // MARK: Rows of a tenant

    /// The ids of everything that mentions a tenant, by table; found after seeding, before anybody else could mention it.
    func identifiers(_ side: IsolationSide) async throws -> [String: [String]] {
        var found: [String: [String]] = [:]
        for table in lasting where table.hasID {
            found[table.name] = try await database.texts(
                """
                SELECT t.id::text FROM main.\(table.name) AS t
                WHERE strpos(t::text, $1) > 0 OR strpos(t::text, $2) > 0 OR strpos(t::text, $3) > 0 ORDER BY 1
                """, [.text(side.marker), .text(side.tenant), .text(side.lead)])
        }
        return found
    }

    /// Every row that is a tenant's, or refers to one that is, with all columns.
    func snapshot(_ side: IsolationSide) async throws -> [String] {
        let ids = PostgresValue.text(side.identifiers.joined(separator: ","))
        var rows: [String] = []
        for table in lasting {
            let conditions = conditions(table)
            guard !conditions.isEmpty else { continue }
            rows += try await database.texts(
                """
                WITH own AS (SELECT string_to_array($1, ',') AS ids)
                SELECT '\(table.name) ' || t::text FROM main.\(table.name) AS t, own
                WHERE \(conditions.joined(separator: " OR ")) ORDER BY 1
                """, [ids])
        }
        return rows
    }

    private func conditions(_ table: Table) -> [String] {
        let names = Set(owned.map(\.name))
        return table.columns.filter {
            $0.name == "id" || $0.name == table.tenantColumn || $0.target.map(names.contains) == true
        }.map { "t.\($0.name)::text = ANY (own.ids)" }
    }

    // MARK: Seeding

    /// Gives a tenant a row in every table where it has none yet, with its marker in every text.
    func fill(_ side: IsolationSide, _ problems: Problems) async throws {
        var seeded = try await seededTables(side)
        // What refers to a row comes after it.
        for _ in 0..<4 {
            for table in lasting where !seeded.contains(table.name) {
                // A text may have to be one of some words: then only what must be there.
                for isComplete in [true, false] where !seeded.contains(table.name) {
                    if try await insert(into: table, side, seeded, isComplete) { seeded.insert(table.name) }
                }
            }
        }
        for table in lasting where !seeded.contains(table.name) {
            problems.add(
                "\(database.template.name).\(table.name) has no row of the tenant: give it one in IsolationSide")
        }
    }

    private func seededTables(_ side: IsolationSide) async throws -> Set<String> {
        var seeded: Set<String> = []
        for table in lasting {
            let count = try await database.count(
                """
                SELECT count(*) FROM main.\(table.name) AS t
                WHERE strpos(t::text, $1) > 0 OR strpos(t::text, $2) > 0 OR strpos(t::text, $3) > 0
                """, [.text(side.marker), .text(side.tenant), .text(side.lead)])
            if count > 0 { seeded.insert(table.name) }
        }
        return seeded
    }

    /// Whether the table has taken a row of the tenant.
    private func insert(
        into table: Table, _ side: IsolationSide, _ seeded: Set<String>, _ isComplete: Bool
    ) async throws -> Bool {
        var names: [String] = []
        var values: [String] = []
        for column in table.columns where !column.isGenerated {
            let isOwner = column.name == table.tenantColumn || column.target.map(seeded.contains) == true
            guard isComplete || column.isNeeded || isOwner, let value = value(column, of: table, side, seeded) else {
                continue
            }
            names.append(column.name)
            values.append(value)
        }
        // Not before the rows that make it this tenant's.
        guard table.tenantColumn != nil || table.columns.contains(where: { $0.target.map(seeded.contains) == true })
        else { return false }
        do {
            try await database.query(
                "INSERT INTO main.\(table.name) (\(names.joined(separator: ", "))) VALUES (\(values.joined(separator: ", ")))"
            )
            return true
        } catch let error as PostgresError where error.sqlState != nil {
            return false
        }
    }

    /// SQL of a value; nil leaves the column to its default.
    private func value(_ column: Column, of table: Table, _ side: IsolationSide, _ seeded: Set<String>) -> String? {
        if column.name == table.tenantColumn { return "'\(side.tenant)'" }
        if column.name == "id" { return "gen_random_uuid()" }
        if let target = column.target, seeded.contains(target) {
            return """
                (SELECT t.id FROM main.\(target) AS t WHERE strpos(t::text, '\(side.marker)') > 0 \
                OR strpos(t::text, '\(side.tenant)') > 0 LIMIT 1)
                """
        }
        let isText = column.type == "text" || column.type.hasPrefix("character")
        if isText { return column.type.contains("(3)") ? nil : "'\(side.marker)'" }
        if column.type == "jsonb" || column.type == "json" { return "'{\"of\": \"\(side.marker)\"}'" }
        guard column.isNeeded else { return nil }
        return switch column.type {
        case "bytea": "convert_to('\(side.marker)', 'UTF8')"
        case "timestamp with time zone", "date": "now() + interval '1 day'"
        case "uuid": "gen_random_uuid()"
        case "boolean": "false"
        default: "1"
        }
    }
}
