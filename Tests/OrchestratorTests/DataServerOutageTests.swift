import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

@testable import Orchestrator

@Suite struct DataServerOutageTests {
    @Test func `a full gate admits nobody until somebody leaves`() async throws {
        let gate = DataServerGate()
        let (entered, enter) = AsyncStream<Void>.makeStream()
        let (released, release) = AsyncStream<Void>.makeStream()
        let first = Task {
            await gate.enter(limit: 1) {
                enter.yield()
                for await _ in released { break }
                return "first"
            }
        }
        for await _ in entered { break }
        #expect(await gate.enter(limit: 1) { "second" } == nil)
        #expect(await gate.enter(limit: 2) { "third" } == "third")
        #expect(await gate.enter(limit: nil) { "fourth" } == "fourth")
        release.yield()
        #expect(await first.value == "first")
        #expect(await gate.enter(limit: 1) { "fifth" } == "fifth")
    }

    @Test func `work on a server that is away waits, and that on the others goes on`() async throws {
        try await TestWorld.with { world in
            let here = try #require(world.dataServers.list.first)
            var configuration = here.configuration
            configuration.host = "127.0.0.1"
            configuration.port = "1"
            configuration.connectionTimeout = .milliseconds(500)
            let servers = DataServers(
                [here, DataServer(name: "away", configuration: configuration, isDrained: true)], logger: testLogger)
            try await withCleanup {
                let tenancy = PlacedTenancy(
                    placement: PlacementService(servers: servers, repository: PlacementRepository(pool: world.pool)),
                    credentials: world.credentials, connectionLimit: 7)
                let provisioner = PostgresSchemaProvisioner(tenancy: tenancy)
                let there = TestEvent(key: world.newKey())
                try await tenancy.placement.register()
                try await world.admin.execute(
                    """
                    INSERT INTO main.tenant_placements (tenant_id, role, tenant_key, server_id, kind, database, state)
                    SELECT '\(there.tenant)', 'current', '\(there.key)', id, 'pooled', 'd', 'placed'
                    FROM main.data_servers WHERE name = 'away'
                    """)
                for _ in 0..<2 {
                    let failure = try await #require(throws: ProvisioningFailure.self) {
                        _ = try await provision(provisioner, there)
                    }
                    #expect(failure.kind == .unavailable, "\(failure)")
                }
                let resource = try await provision(provisioner, TestEvent(key: world.newKey()))
                #expect(resource.type == "postgres-schema")
            } cleanup: {
                await servers.shutdown()
            }
        }
    }

    @Test func `a provisioning that is given up gives its place back`() async throws {
        try await TestWorld.with { world in
            let tenancy = try world.tenancy()
            let test = TestEvent(key: world.newKey())
            let plan = try PostgresSchemaProvisioner(tenancy: tenancy).plan(.provision)
            var rehearsal = MoveRehearsal(event: try test.event(), steps: plan.steps)
            try await rehearsal.performAll()
            #expect(try await tenancy.find(test.tenant)?.state == .placed)
            try await rehearsal.compensate(plan.steps.count)
            #expect(try await tenancy.find(test.tenant) == nil)
            #expect(try await world.admin.count("SELECT sum(tenants)::int FROM main.data_servers") == 0)

            // What was there before stays.
            _ = try await provision(PostgresSchemaProvisioner(tenancy: tenancy), test)
            var again = MoveRehearsal(event: try test.event(), steps: plan.steps)
            try await again.performAll()
            try await again.compensate(plan.steps.count)
            #expect(try await tenancy.find(test.tenant)?.state == .placed)
        }
    }
}
