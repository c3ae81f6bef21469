import Migrations
import PostgresClient
import PostgresTestSupport
import Testing

/// Migrations without a transaction.
@Suite(.timeLimit(.minutes(20))) struct StatementMigrationTests {
    private static let table = Migration(
        number: 1, name: "create_a",
        up: "CREATE TABLE main.a (v int8); INSERT INTO main.a SELECT g % 100 FROM generate_series(1, 1000) AS g;",
        down: "DROP TABLE main.a")

    private static func index(_ definition: String) -> Migration {
        Migration(
            number: 2, name: "index_a",
            up: """
                \(Migration.withoutTransaction)
                -- What a failed attempt has left.
                DROP INDEX CONCURRENTLY IF EXISTS main.a_v;
                \(definition)
                    ON main.a (v);
                """,
            down: "\(Migration.withoutTransaction)\nDROP INDEX CONCURRENTLY IF EXISTS main.a_v;")
    }

    private static func migrator(_ configuration: PostgresConfiguration, _ index: Migration) -> Migrator {
        Migrator(configuration: configuration, migrations: [table, index], logger: testLogger)
    }

    private static func indexes(_ configuration: PostgresConfiguration) async throws -> [Bool] {
        try await withPool(configuration) { pool in
            try await pool.query("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('main.a_v')").rows.map
            {
                try $0.bool(0)
            }
        }
    }

    @Test func `an index is built without a transaction, and reverted`() async throws {
        try await withEmptyDatabase { (configuration) async throws in
            let migrator = Self.migrator(configuration, Self.index("CREATE INDEX CONCURRENTLY a_v"))
            #expect(try await migrator.up().map(\.number) == [1, 2])
            #expect(try await Self.indexes(configuration) == [true])
            #expect(try await migrator.up().isEmpty)
            #expect(try await migrator.down().map(\.number) == [2])
            #expect(try await Self.indexes(configuration) == [])
            #expect(try await migrator.up().map(\.number) == [2])
        }
    }

    @Test func `after a failure it is pending, and the next attempt repairs what is left`() async throws {
        try await withEmptyDatabase { (configuration) async throws in
            // A unique index of values that repeat fails, and leaves an index that is not valid.
            let failing = Self.migrator(configuration, Self.index("CREATE UNIQUE INDEX CONCURRENTLY a_v"))
            let failure = await #expect(throws: MigrationError.self) { try await failing.up() }
            #expect("\(try #require(failure))".contains("2 index_a"))
            #expect(try await Self.indexes(configuration) == [false])
            let status = try await failing.status()
            #expect(status.count == 2)
            guard case .applied = status[0].status, case .pending = status[1].status else {
                Issue.record("\(status)")
                return
            }
            let repaired = Self.migrator(configuration, Self.index("CREATE INDEX CONCURRENTLY a_v"))
            #expect(try await repaired.up().map(\.number) == [2])
            #expect(try await Self.indexes(configuration) == [true])
        }
    }

    @Test func `several migrators apply it once`() async throws {
        try await withEmptyDatabase { (configuration) async throws in
            let index = Self.index("CREATE INDEX CONCURRENTLY a_v")
            let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<4 {
                    group.addTask { try await Self.migrator(configuration, index).up().map(\.number) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied.sorted() == [1, 2])
            #expect(try await Self.indexes(configuration) == [true])
        }
    }
}
