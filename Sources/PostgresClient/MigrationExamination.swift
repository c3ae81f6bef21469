/// Looks at a database before it is migrated; blocking, inside a transaction of `MigrationSession`. Leaves no trace.
struct MigrationExamination {
    let session: BlockingSession
    /// The schema of the tables, unquoted.
    let schema: String

    /// What a run would meet.
    /// - Parameters:
    ///   - pending: The migrations still to be applied, in order.
    ///   - isEmpty: Whether none was applied yet.
    func report(pending: [Migration], isEmpty: Bool) throws(PostgresError) -> MigrationReport {
        let obstacles = isEmpty ? try obstacles(pending: pending) : nil
        // A database without tables has no rows that could break a rule; with obstacles, rules may not even run.
        let hasTables = !isEmpty || obstacles?.isEmpty == true
        return MigrationReport(
            adopts: obstacles != nil, pending: pending, obstacles: obstacles ?? [],
            findings: hasTables ? try findings(pending) : [])
    }

    /// What keeps the role from looking into the schema at all; none when there is no schema yet.
    func closedSchema() throws(PostgresError) -> [MigrationReport.Obstacle] {
        try obstacles(Self.access, [schema])
    }

    /// What keeps the tables from being taken over by the first pending migration; nil when it cannot take over any, or
    /// none of its tables exists.
    func obstacles(pending: [Migration]) throws(PostgresError) -> [MigrationReport.Obstacle]? {
        guard let first = pending.first, first.isAdoptable, try hasForeignTables() else { return nil }
        guard try isTrue("SELECT has_database_privilege(current_database(), 'TEMPORARY')") else {
            return [
                MigrationReport.Obstacle(
                    place: "database",
                    problem: "the tables cannot be compared with the original's without temporary ones",
                    repair: try text("SELECT format('GRANT TEMPORARY ON DATABASE %I TO %I;', current_database(), user)")
                )
            ]
        }
        // The migration itself says what the tables must be: it is run into the session's temporary schema, which both
        // are compared in, and taken back.
        let sql = first.up.replacing("CREATE SCHEMA IF NOT EXISTS \(schema);", with: "")
            .replacing("\(schema).", with: "pg_temp.")
        try session.execute("SAVEPOINT examination; SET LOCAL client_min_messages = warning; \(sql)")
        let obstacles = try compare(later: Array(pending.dropFirst()))
        try session.execute("ROLLBACK TO SAVEPOINT examination; RELEASE SAVEPOINT examination")
        return obstacles
    }

    private func compare(later: [Migration]) throws(PostgresError) -> [MigrationReport.Obstacle]? {
        let isThere = try isTrue(
            """
            SELECT EXISTS (
                SELECT FROM pg_class AS e JOIN pg_class AS a ON a.relname = e.relname AND a.relkind IN ('r', 'p')
                    AND a.relnamespace = to_regnamespace(quote_ident($1::text))
                WHERE e.relnamespace = pg_my_temp_schema() AND e.relkind = 'r')
            """, [schema])
        guard isThere else { return nil }
        var found: [MigrationReport.Obstacle] = []
        for query in [Self.tables, Self.columns, Self.extraColumns, Self.constraints, Self.ownership] {
            found += try obstacles(query, [schema])
        }
        return found + (try obstacles(Self.names, [schema, later.map(\.up).joined(separator: ";\n")]))
    }

    /// Whether the schema has any table but our own list of migrations.
    private func hasForeignTables() throws(PostgresError) -> Bool {
        try isTrue(
            """
            SELECT EXISTS (
                SELECT FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident($1::text)) AND relkind IN ('r', 'p')
                    AND relname <> 'schema_migrations')
            """, [schema])
    }

    /// The rules of pending migrations that rows break.
    private func findings(_ pending: [Migration]) throws(PostgresError) -> [MigrationReport.Finding] {
        var findings: [MigrationReport.Finding] = []
        for migration in pending {
            for rule in migration.rules {
                let rows = try session.query(
                    """
                    SELECT row_to_json(r)::text, count(*) OVER () FROM (
                    \(rule.query)
                    ) AS r LIMIT \(MigrationReport.shownRows)
                    """)
                guard let first = rows.first, let count = first.last.flatMap({ $0 }).flatMap({ Int($0) }) else {
                    continue
                }
                findings.append(
                    MigrationReport.Finding(
                        migration: migration.number, rule: rule, count: count, rows: rows.compactMap { $0.first ?? nil }
                    )
                )
            }
        }
        return findings
    }

    // MARK: Queries

    /// Runs a query whose columns are place, problem and repair.
    private func obstacles(
        _ sql: String, _ parameters: [String]
    ) throws(PostgresError) -> [MigrationReport.Obstacle] {
        try session.query(sql, parameters).compactMap { row in
            let texts = row.compactMap { $0 }
            guard texts.count == 3 else { return nil }
            return MigrationReport.Obstacle(place: texts[0], problem: texts[1], repair: texts[2])
        }
    }

    private func isTrue(_ sql: String, _ parameters: [String] = []) throws(PostgresError) -> Bool {
        try session.query(sql, parameters).first?.first == "t"
    }

    private func text(_ sql: String) throws(PostgresError) -> String {
        (try session.query(sql).first?.first ?? nil) ?? ""
    }
}
