import Migrations
import PostgresTestSupport
import StackTestSupport
import Testing

@testable import Orchestrator

@Suite struct OrchestratorMigrationTests {
    @Test func `migrations can be reverted and applied again`() async throws {
        try await TestDatabase.with(.orchestrator) { database in
            let migrator = Migrator(
                configuration: database.configuration(), migrations: OrchestratorMigrations.all, logger: testLogger)
            let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'main' AND tablename <> 'schema_migrations'"
            let count = try await database.count(tables)
            #expect(count > 0)
            _ = try await migrator.down(to: 0)
            #expect(try await database.count(tables) == 0)
            _ = try await migrator.up()
            #expect(try await database.count(tables) == count)
        }
    }
}
