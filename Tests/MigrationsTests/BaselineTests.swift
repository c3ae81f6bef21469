import Migrations
import PostgresClient
import PostgresTestSupport
import Testing

/// What the migrator does with existing tables, with preflight checks, and with migrations whose text was corrected.
@Suite(.serialized, .timeLimit(.minutes(20))) struct BaselineTests {
    private static let rule = PreflightCheck(
        "a_positive", .blocking, why: "w", query: "SELECT v, 'ü' AS note FROM main.a WHERE v <= 0 ORDER BY v",
        advice: "d",
        repair: "UPDATE main.a SET v = 1 - v WHERE v <= 0")
    private static let first = Migration(
        number: 1, name: "a", up: "CREATE TABLE main.a (id int4 PRIMARY KEY, v int8 NOT NULL DEFAULT 1);",
        down: "DROP TABLE main.a", isBaseline: true)
    private static let second = Migration(
        number: 2, name: "positive", up: "ALTER TABLE main.a ADD CONSTRAINT a_positive CHECK (v > 0)",
        down: "ALTER TABLE main.a DROP CONSTRAINT a_positive",
        preflightChecks: [
            rule,
            PreflightCheck("a_small", .warning, why: "w", query: "SELECT v FROM main.a WHERE v > 100", advice: "d"),
        ])

    private func withTables(
        _ statements: String..., body: (PostgresPool, Migrator) async throws -> Void
    ) async throws {
        try await withEmptyDatabase { configuration in
            let migrator = Migrator(
                configuration: configuration, migrations: [Self.first, Self.second], logger: testLogger)
            try await withPool(configuration) { pool in
                for sql in ["CREATE SCHEMA main"] + statements {
                    _ = try await pool.query(PostgresStatement(sql, prepared: false))
                }
                try await body(pool, migrator)
            }
        }
    }

    @Test func `existing tables stay through up and down`() async throws {
        try await withTables(
            "CREATE TABLE main.a (v int8 NOT NULL DEFAULT 7, id int4 PRIMARY KEY, mine text)",
            "INSERT INTO main.a VALUES (1, 1, 'x'), (200, 2, 'y')"
        ) { pool, migrator in
            let report = try await migrator.check()
            #expect(report.adopts && report.differences.isEmpty && !report.isBlocked)
            #expect(report.findings.map(\.check.name) == ["a_small"] && report.findings[0].rows == ["{\"v\":200}"])
            #expect(try await migrator.up().map(\.number) == [1, 2])
            #expect(try await migrator.status().map(\.isAdopted) == [true, false])
            #expect(try await migrator.up().isEmpty)
            #expect(try await migrator.down(to: 0).map(\.number) == [2, 1])
            #expect(try await pool.count("SELECT count(*) FROM main.a WHERE mine IS NOT NULL") == 2)
            #expect(try await migrator.check().adopts)
            #expect(try await migrator.up().map(\.number) == [1, 2])
        }
    }

    @Test func `tables that the migration created are dropped by down`() async throws {
        try await withTables { pool, migrator in
            #expect(try await !migrator.check().adopts)
            _ = try await migrator.up()
            #expect(try await migrator.status().allSatisfy { !$0.isAdopted })
            _ = try await migrator.down(to: 0)
            #expect(
                try await pool.count("SELECT count(*) FROM pg_tables WHERE schemaname = 'main' AND tablename = 'a'")
                    == 0)
        }
    }

    @Test func `invalid rows are reported and prevent the migration`() async throws {
        try await withTables(
            "CREATE TABLE main.a (id int4 PRIMARY KEY, v int8 NOT NULL DEFAULT 1)",
            "INSERT INTO main.a SELECT n, -n FROM generate_series(1, 25) AS n"
        ) { pool, migrator in
            let error = await #expect(throws: MigrationError.self) { _ = try await migrator.up() }
            let finding = try #require(error?.report?.findings.first)
            #expect(error?.kind == .refused && error?.description.contains("-25") == false, "no data in what is logged")
            #expect(finding.count == 25 && finding.rows.count == 20 && finding.migration == 2)
            #expect(finding.rows.first == "{\"v\":-25,\"note\":\"ü\"}")
            #expect(try await pool.count("SELECT count(*) FROM pg_tables WHERE tablename = 'schema_migrations'") == 0)
            _ = try await pool.query(PostgresStatement(try #require(finding.check.repair), prepared: false))
            #expect(try await migrator.up().count == 2)
        }
    }

    @Test func `preflight checks apply to tables that migrations created, too`() async throws {
        try await withEmptyDatabase { configuration in
            let early = Migrator(configuration: configuration, migrations: [Self.first], logger: testLogger)
            _ = try await early.up()
            try await withPool(configuration) { pool in
                _ = try await pool.query("INSERT INTO main.a VALUES (1, -1)")
            }
            let migrator = Migrator(
                configuration: configuration, migrations: [Self.first, Self.second], logger: testLogger)
            let report = try await migrator.check()
            #expect(!report.adopts && report.isBlocked && report.findings.map(\.check.name) == ["a_positive"])
        }
    }

    @Test func `differences are reported before preflight checks run`() async throws {
        try await withTables("CREATE TABLE main.a (id int4, w text)") { _, migrator in
            let report = try await migrator.check()
            #expect(report.isBlocked && report.findings.isEmpty)
            #expect(
                report.differences.map { "\($0.place): \($0.problem)" } == [
                    "main.a.id: accepts NULL and should not", "main.a.v: the column is missing",
                    "main.a: the primary key (id) is missing",
                ])
            #expect(
                report.differences.map(\.repair) == [
                    "ALTER TABLE main.a ALTER COLUMN id SET NOT NULL;", "ALTER TABLE main.a ADD COLUMN v bigint;",
                    "ALTER TABLE main.a ADD CONSTRAINT a_pkey PRIMARY KEY (id);",
                ])
        }
    }

    @Test func `a former text of a migration counts as the present one`() async throws {
        try await withEmptyDatabase { configuration in
            func migrator(_ migration: Migration) -> Migrator {
                Migrator(configuration: configuration, migrations: [migration], logger: testLogger)
            }
            _ = try await migrator(Migration(number: 1, name: "n", up: "SELECT 1", down: "SELECT 1")).up()
            let corrected = migrator(
                Migration(
                    number: 1, name: "n", up: "SELECT 2", down: "SELECT 1",
                    // printf 'SELECT 1' | sha256sum
                    formerChecksums: ["e004ebd5b5532a4b85984a62f8ad48a81aa3460c1ca07701f386135d72cdecf5"]))
            #expect(try await corrected.up().isEmpty)
            #expect(try await corrected.down().count == 1)
            let other = migrator(Migration(number: 1, name: "n", up: "SELECT 3", down: "", formerChecksums: ["00"]))
            _ = try await corrected.up()
            await #expect(throws: MigrationError.self) { _ = try await other.up() }
        }
    }
}
