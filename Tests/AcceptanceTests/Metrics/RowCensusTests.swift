import Entities
import PostgresClient
import PostgresTestSupport
import ServicePlatform
import StackTestSupport
import Testing

/// Tenants by state, counted without reading a large table.
@Suite(.timeLimit(.minutes(20))) struct RowCensusTests {
    @Test func `states are counted exactly up to the limit, and estimated from a sample beyond`() async throws {
        let data = try await StackData.make([.tenantManagement], on: try TestServers.current())
        try await withCleanup {
            let database = try data.database(.tenantManagement)
            try await database.query(
                """
                INSERT INTO main.tenants (id, name, key, domains, status, deleted)
                SELECT gen_random_uuid(), 'T', 'k' || number, '{}', CASE WHEN number <= 50 THEN 0 ELSE 3 END, number > 57
                FROM generate_series(1, 60) AS number
                """)
            try await database.withPool(user: database.template.runtimeRole) { pool in
                for limit in [1000, 50, 10] {
                    let census = RowCensus(
                        of: "main.tenants", statuses: [(value: 0, name: "ACTIVE"), (3, "FAILED"), (5, "INACTIVE")],
                        pool: pool, settings: TenantScope.everyTenant, limit: limit)
                    let counts = try await census.counts()
                    // A table this small is in the sample as a whole.
                    #expect(counts.map { "\($0.name) \($0.count)" } == ["ACTIVE 50", "FAILED 7", "INACTIVE 0"])
                }
            }
        } cleanup: {
            await data.remove()
        }
    }
}
