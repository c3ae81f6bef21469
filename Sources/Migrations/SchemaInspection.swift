import PostgresClient

/// Inspects a database before it is migrated: compares an existing schema with the baseline and runs preflight checks.
/// Blocking, inside a transaction of `MigrationSession`; changes nothing.
struct SchemaInspection {
    let session: BlockingSession
    /// The schema of the tables, unquoted.
    let schema: String

    /// The report of what a run would do.
    /// - Parameters:
    ///   - pending: The migrations still to be applied, in order.
    ///   - isEmpty: Whether none was applied yet.
    func report(pending: [Migration], isEmpty: Bool) throws(PostgresError) -> MigrationReport {
        let differences = isEmpty ? try differences(pending: pending) : nil
        // A database without tables has no rows that could fail a check; on a different schema, checks may not even run.
        let hasTables = !isEmpty || differences?.isEmpty == true
        return MigrationReport(
            adopts: differences != nil, pending: pending, differences: differences ?? [],
            findings: hasTables ? try findings(pending) : [])
    }

    /// The missing privilege of a role that may not use the schema at all; empty when there is no schema yet.
    func closedSchema() throws(PostgresError) -> [SchemaDifference] {
        try differences(Self.access, [schema])
    }

    /// The differences between the existing tables and those of the first pending migration; nil when that is not a
    /// baseline, or when none of its tables exists.
    func differences(pending: [Migration]) throws(PostgresError) -> [SchemaDifference]? {
        guard let first = pending.first, first.isBaseline, try hasForeignTables() else { return nil }
        guard try isTrue("SELECT has_database_privilege(current_database(), 'TEMPORARY')") else {
            return [
                SchemaDifference(
                    place: "database",
                    problem: "the tables cannot be compared with the baseline without the privilege TEMPORARY",
                    repair: try text("SELECT format('GRANT TEMPORARY ON DATABASE %I TO %I;', current_database(), user)")
                )
            ]
        }
        // The migration itself defines what the tables must be: it is run into the session's temporary schema, compared
        // with the existing tables, and rolled back.
        let sql = first.up.replacing("CREATE SCHEMA IF NOT EXISTS \(schema);", with: "")
            .replacing("\(schema).", with: "pg_temp.")
        try session.execute("SAVEPOINT inspection; SET LOCAL client_min_messages = warning; \(sql)")
        let differences = try compare(later: Array(pending.dropFirst()))
        try session.execute("ROLLBACK TO SAVEPOINT inspection; RELEASE SAVEPOINT inspection")
        return differences
    }

    private func compare(later: [Migration]) throws(PostgresError) -> [SchemaDifference]? {
        let isThere = try isTrue(
            """
            SELECT EXISTS (
                SELECT FROM pg_class AS e JOIN pg_class AS a ON a.relname = e.relname AND a.relkind IN ('r', 'p')
                    AND a.relnamespace = to_regnamespace(quote_ident($1::text))
                WHERE e.relnamespace = pg_my_temp_schema() AND e.relkind = 'r')
            """, [schema])
        guard isThere else { return nil }
        var found: [SchemaDifference] = []
        for query in [Self.tables, Self.columns, Self.extraColumns, Self.constraints, Self.ownership] {
            found += try differences(query, [schema])
        }
        return found + (try differences(Self.names, [schema, later.map(\.up).joined(separator: ";\n")]))
    }

    /// Whether the schema has any table except the list of migrations.
    private func hasForeignTables() throws(PostgresError) -> Bool {
        try isTrue(
            """
            SELECT EXISTS (
                SELECT FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident($1::text)) AND relkind IN ('r', 'p')
                    AND relname <> 'schema_migrations')
            """, [schema])
    }

    /// The preflight checks of pending migrations that rows fail.
    private func findings(_ pending: [Migration]) throws(PostgresError) -> [MigrationReport.Finding] {
        var findings: [MigrationReport.Finding] = []
        for migration in pending {
            for check in migration.preflightChecks {
                let rows = try session.query(
                    """
                    SELECT row_to_json(r)::text, count(*) OVER () FROM (
                    \(check.query)
                    ) AS r LIMIT \(MigrationReport.shownRows)
                    """)
                guard let first = rows.first, let count = first.last.flatMap({ $0 }).flatMap({ Int($0) }) else {
                    continue
                }
                findings.append(
                    MigrationReport.Finding(
                        migration: migration.number, check: check, count: count,
                        rows: rows.compactMap { $0.first ?? nil }))
            }
        }
        return findings
    }

    // MARK: Queries

    /// Runs a query whose columns are place, problem and repair.
    private func differences(
        _ sql: String, _ parameters: [String]
    ) throws(PostgresError) -> [SchemaDifference] {
        try session.query(sql, parameters).compactMap { row in
            let texts = row.compactMap { $0 }
            guard texts.count == 3 else { return nil }
            return SchemaDifference(place: texts[0], problem: texts[1], repair: texts[2])
        }
    }

    private func isTrue(_ sql: String, _ parameters: [String] = []) throws(PostgresError) -> Bool {
        try session.query(sql, parameters).first?.first == "t"
    }

    private func text(_ sql: String) throws(PostgresError) -> String {
        (try session.query(sql).first?.first ?? nil) ?? ""
    }
}
