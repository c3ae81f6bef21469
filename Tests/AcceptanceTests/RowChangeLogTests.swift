import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

@testable import ServiceKit

@Suite struct RowChangeLogTests {
    @Test func `the log is purged of what a snapshot shows, in portions`() async throws {
        try await TestDatabase.with(.tenantManagement) { database in
            try await database.withPool(user: database.template.runtimeRole) { pool in
                let log = RowChangeLog(pool: pool)
                try await add(RowChangeLog.maximumRows + 1, to: database)
                let reading = try await log.read(since: nil)
                #expect(reading.isCut)
                try await add(1, to: database)
                #expect(try await log.purge(shownBy: reading.snapshot) == false)
                #expect(try await count(in: database) == 2)
                #expect(try await log.purge(shownBy: reading.snapshot))
                #expect(try await count(in: database) == 1, "the snapshot does not show the last row")
                #expect(try await log.purge(shownBy: reading.snapshot))
                #expect(try await log.read(since: reading.snapshot).rows["tenants"]?.count == 1)
            }
        }
    }

    private func add(_ rows: Int, to database: TestDatabase) async throws {
        try await database.query(
            """
            INSERT INTO main.row_changes (table_name, row_id, row_version)
            SELECT 'tenants', gen_random_uuid(), 2 FROM generate_series(1, $1)
            """, [.int64(Int64(rows))])
    }

    private func count(in database: TestDatabase) async throws -> Int {
        try await database.count("SELECT count(*) FROM main.row_changes")
    }
}
