import Entities
import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import TenantManagement
import Testing

/// What an operation costs in round trips to the database, counted on the wire.
@Suite struct RoundTripTests {
    /// Fifty tenants, each with three contacts and three resources.
    private func fill(_ database: TestDatabase) async throws {
        try await database.query(
            """
            WITH made AS (
                INSERT INTO main.tenants (id, name, status, key, domains)
                SELECT gen_random_uuid(), 'T' || n, 0, 't' || n, ARRAY['t' || n || '.example.com']
                FROM generate_series(1, 50) AS n RETURNING id),
            known AS (
                INSERT INTO main.contacts (id, first_name, last_name, email, is_primary, tenant_id)
                SELECT gen_random_uuid(), 'Ann', 'Lee', 'ann@example.com', n = 1, made.id
                FROM made, generate_series(1, 3) AS n)
            INSERT INTO main.resources (id, external_identifier, type, metadata, tenant_id)
            SELECT gen_random_uuid(), 'r' || n, 'bucket', '{}', made.id FROM made, generate_series(1, 3) AS n
            """)
    }

    @Test func `a list of tenants with contacts and resources is one round trip`() async throws {
        try await TestDatabase.with(.tenantManagement) { try await count($0) }
    }

    private func count(_ database: TestDatabase) async throws {
        try await fill(database)
        let catalog = try TenantManagementCatalog.make()
        let filter = try Filter.parse(
            json: #"{"limit": 50, "include": ["contacts", "resources"]}"#, for: Tenant.entity, in: catalog)
        try await RoundTripCounter.run(to: database.server.host, database.server.port) { counter in
            // The test's own pool, as the service's role: nobody else is counted.
            var configuration = database.configuration(user: database.template.runtimeRole, connections: 1)
            configuration.host = "127.0.0.1"
            configuration.port = "\(counter.port)"
            try await withPool(configuration) { pool in
                let repository = EntityRepository(pool: pool, entity: Tenant.entity, catalog: catalog)
                // What a statement costs once: the connection, and its preparation.
                for _ in 0..<3 { _ = try await repository.page(filter, in: .system) }
                #expect(counter.roundTrips > 0)
                for _ in 0..<5 {
                    let before = counter.roundTrips
                    let page = try await repository.page(filter, in: .system)
                    #expect(counter.roundTrips - before == 1)
                    let tenants = try JSONValue.parse(page.records.json).arrayValue ?? []
                    #expect(tenants.count == 50)
                    #expect(tenants.allSatisfy { $0["contacts"]?.arrayValue?.count == 3 })
                    #expect(tenants.allSatisfy { $0["resources"]?.arrayValue?.count == 3 })
                }
                // The counter counts: two reads are two.
                let before = counter.roundTrips
                for _ in 0..<2 { _ = try await repository.count(.everything, in: .system) }
                #expect(counter.roundTrips - before >= 2)
            }
        }
    }
}
