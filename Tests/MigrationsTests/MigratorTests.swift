import Migrations
import PostgresClient
import PostgresTestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(20))) struct MigratorTests {
    private static let first = Migration(
        number: 1, name: "create_a",
        up: """
            CREATE TABLE main.a (v int8);
            INSERT INTO main.a VALUES (1);
            """,
        down: "DROP TABLE main.a")
    private static let second = Migration(
        number: 2, name: "create_b", up: "CREATE TABLE b (v int8); -- in schema main by the search path",
        down: "DROP TABLE main.b")

    private static func migrator(
        _ configuration: PostgresConfiguration, _ migrations: Migration...
    ) -> Migrator {
        var configuration = configuration
        configuration.schema = "main"
        return Migrator(configuration: configuration, migrations: migrations, logger: testLogger)
    }

    private static func failure<Value>(_ body: () async throws -> Value) async -> MigrationError? {
        do {
            _ = try await body()
            Issue.record("no error was thrown")
            return nil
        } catch {
            return error as? MigrationError
        }
    }

    private static func tables(_ configuration: PostgresConfiguration) async throws -> [String] {
        try await withPool(configuration) { pool in
            try await pool.query("SELECT tablename FROM pg_tables WHERE schemaname = 'main' ORDER BY 1").rows.map {
                try $0.text(0)
            }
        }
    }

    private static func statuses(_ migrator: Migrator) async throws -> [String] {
        try await migrator.status().map { state in
            switch state.status {
            case .pending: "\(state.number) pending"
            case .applied: "\(state.number) applied"
            case .changed: "\(state.number) changed"
            case .unknown: "\(state.number) unknown"
            }
        }
    }

    @Test func `migrations are applied and reverted in order`() async throws {
        try await withEmptyDatabase { (configuration) async throws in
            let migrator = Self.migrator(configuration, Self.second, Self.first)
            #expect(try await Self.statuses(migrator) == ["1 pending", "2 pending"])
            #expect(try await migrator.up(dryRun: true).map(\.number) == [1, 2])
            #expect(try await Self.tables(configuration).isEmpty, "a dry run changes nothing")

            #expect(try await migrator.up().map(\.number) == [1, 2])
            #expect(try await Self.tables(configuration) == ["a", "b", "schema_migrations"])
            #expect(try await Self.statuses(migrator) == ["1 applied", "2 applied"])
            #expect(try await migrator.up().isEmpty)

            #expect(try await migrator.down(dryRun: true).map(\.number) == [2])
            #expect(try await Self.tables(configuration) == ["a", "b", "schema_migrations"])
            #expect(try await migrator.down().map(\.number) == [2])
            #expect(try await Self.tables(configuration) == ["a", "schema_migrations"])
            #expect(try await migrator.up().map(\.number) == [2])
            #expect(try await migrator.down(to: 0).map(\.number) == [2, 1])
            #expect(try await Self.tables(configuration) == ["schema_migrations"])
            #expect(try await migrator.down(steps: 3).isEmpty)
        }
    }

    @Test func `ten concurrent migrators migrate once`() async throws {
        try await withEmptyDatabase { (configuration) async throws in
            let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        try await Self.migrator(configuration, Self.first, Self.second).up().map(\.number)
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied.sorted() == [1, 2])
            let count = try await withPool(configuration) { try await $0.count("SELECT count(*) FROM main.a") }
            #expect(count == 1)
        }
    }

    @Test func `a changed migration is refused`() async throws {
        try await withEmptyDatabase { (configuration) async throws in
            _ = try await Self.migrator(configuration, Self.first).up()
            let changed = Migration(number: 1, name: "create_a", up: Self.first.up + " ", down: Self.first.down)
            let migrator = Self.migrator(configuration, changed, Self.second)
            #expect(try await Self.statuses(migrator) == ["1 changed", "2 pending"])
            for attempt in [
                { try await migrator.up() }, { try await migrator.up(dryRun: true) }, { try await migrator.down() },
            ] {
                let error = await Self.failure(attempt)
                #expect(error?.kind == .checksumMismatch && error?.number == 1)
            }
            #expect(try await Self.tables(configuration) == ["a", "schema_migrations"])
        }
    }

    @Test func `the checksum is SHA-256`() async throws {
        try await withEmptyDatabase { (configuration) async throws in
            _ = try await Self.migrator(configuration, Migration(number: 1, name: "n", up: "SELECT 1", down: "")).up()
            try await withPool(configuration) { pool in
                let sum = try await pool.query("SELECT checksum FROM main.schema_migrations").first?.text(0)
                // printf 'SELECT 1' | sha256sum
                #expect(sum == "e004ebd5b5532a4b85984a62f8ad48a81aa3460c1ca07701f386135d72cdecf5")
            }
        }
    }

    @Test func `a failing migration leaves the database as it was`() async throws {
        try await withEmptyDatabase { (configuration) async throws in
            let failing = Migration(
                number: 2, name: "fails",
                up: """
                    CREATE TABLE main.c (v int8);
                    -- ü: positions count characters
                    INSERT INTO main.c VALUES (1);
                    SELECT nonsense FROM main.c;
                    """,
                down: "")
            let migrator = Self.migrator(configuration, Self.first, failing)
            let error = await Self.failure { try await migrator.up() }
            #expect(error?.kind == .failed && error?.number == 2 && error?.name == "fails")
            #expect(error?.direction == .up && error?.line == 4 && error?.cause?.sqlState == "42703")
            let expected = "migration 2 fails (up): failed at line 4: PostgreSQL error: server 42703"
            #expect(error?.description == expected)
            #expect(try await Self.tables(configuration) == ["a", "schema_migrations"], "the one before it stays")
            #expect(try await Self.statuses(migrator) == ["1 applied", "2 pending"])
        }
    }

    @Test func `a failing reversal leaves the database as it was`() async throws {
        try await withEmptyDatabase { (configuration) async throws in
            let migration = Migration(
                number: 1, name: "one_way", up: "CREATE SCHEMA other; CREATE TABLE main.a ()",
                down: "DROP TABLE main.a; DROP TABLE main.nothing")
            let migrator = Self.migrator(configuration, migration)
            _ = try await migrator.up()
            let error = await Self.failure { try await migrator.down() }
            #expect(error?.kind == .failed && error?.direction == .down && error?.cause?.sqlState == .undefinedTable)
            #expect(try await Self.tables(configuration) == ["a", "schema_migrations"])
            #expect(try await Self.statuses(migrator) == ["1 applied"])
        }
    }

    @Test func `a migration that cannot be reverted is not reverted`() async throws {
        try await withEmptyDatabase { (configuration) async throws in
            let migrator = Self.migrator(configuration, Migration(number: 1, name: "n", up: "SELECT 1", down: " \n"))
            _ = try await migrator.up()
            #expect(await Self.failure { try await migrator.down() }?.kind == .irreversible)
        }
    }

    @Test func `a migration must not end its transaction`() async throws {
        try await withEmptyDatabase { (configuration) async throws in
            let migrator = Self.migrator(configuration, Migration(number: 1, name: "n", up: "COMMIT", down: ""))
            let error = await Self.failure { try await migrator.up() }
            #expect(error?.kind == .leftTransaction && error?.number == 1)
        }
    }

    @Test func `newer migrations are reported as unknown and never reverted`() async throws {
        try await withEmptyDatabase { (configuration) async throws in
            _ = try await Self.migrator(configuration, Self.first, Self.second).up()
            let older = Self.migrator(configuration, Self.first)
            #expect(try await older.up().isEmpty)
            #expect(try await Self.statuses(older) == ["1 applied", "2 unknown"])
            let error = await Self.failure { try await older.down() }
            #expect(error?.kind == .unknownMigration && error?.number == 2)
        }
    }

    @Test func `order and numbers are checked`() async throws {
        try await withEmptyDatabase { (configuration) async throws in
            _ = try await Self.migrator(configuration, Self.second).up()
            let late = await Self.failure { try await Self.migrator(configuration, Self.first, Self.second).up() }
            #expect(late?.kind == .outOfOrder && late?.number == 1)
            let twice = await Self.failure { try await Self.migrator(configuration, Self.second, Self.second).up() }
            #expect(twice?.kind == .duplicateNumber)
        }
    }

    @Test func `an owner without the right to create schemas can migrate an existing one`() async throws {
        try await withEmptyDatabase { (configuration) async throws in
            let role = "owner_\(UInt64.random(in: .min ... .max))"
            try await withPool(configuration) { pool in
                for sql in ["CREATE ROLE \(role) LOGIN", "CREATE SCHEMA main AUTHORIZATION \(role)"] {
                    _ = try await pool.query(PostgresStatement(sql, prepared: false))
                }
                var owner = configuration
                owner.user = role
                #expect(try await Self.migrator(owner, Self.first).up().count == 1)
                for sql in ["DROP SCHEMA main CASCADE", "DROP ROLE \(role)"] {
                    _ = try await pool.query(PostgresStatement(sql, prepared: false))
                }
            }
        }
    }

    @Test func `an unreachable server is reported without the password`() async throws {
        let configuration = PostgresConfiguration(
            host: "127.0.0.1", port: "1", user: "u", password: "hunter2", database: "d")
        let error = await Self.failure { try await Self.migrator(configuration, Self.first).up() }
        #expect(error?.kind == .database && error?.cause?.kind == .connection)
        #expect(error?.description.contains("hunter2") == false)
    }
}
