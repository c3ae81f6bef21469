import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

@testable import Orchestrator

@Suite struct PlacementServiceTests {
    private func server(_ name: String, tenants: Int? = nil, isDrained: Bool = false) -> DataServer {
        DataServer(
            name: name,
            configuration: PostgresConfiguration(host: "\(name).invalid", user: "u", database: "application"),
            capacity: .init(tenants: tenants), isDrained: isDrained)
    }

    private func service(_ world: TestWorld, _ servers: [DataServer]) -> PlacementService {
        PlacementService(
            servers: DataServers(servers, logger: testLogger), repository: PlacementRepository(pool: world.pool))
    }

    private func request(
        _ tenant: Identifier = .v4(), kind: TenantPlacement.Kind = .pooled
    ) -> PlacementRequest {
        PlacementRequest(
            tenant: tenant, tenantKey: "k\(SecureRandom.hex(bytes: 6))", tier: "BASIC", labels: [:], kind: kind)
    }

    @Test func `a tenant keeps its server`() async throws {
        try await TestWorld.with(application: false) { world in
            let request = request(kind: .silo)
            let first = try await service(world, [server("a", tenants: 1)]).place(request)
            #expect(first.server == "a" && first.state == .reserved && first.kind == .silo)
            #expect(first.database == "tenant_\(request.tenantKey)")
            let service = service(world, [server("a", tenants: 1, isDrained: true), server("b")])
            try await service.confirm(request.tenant)
            let second = try await service.place(request)
            #expect(second.server == "a" && second.state == .placed)
            // What is placed is not given back like a reservation.
            try await service.release(request.tenant)
            #expect(try await service.find(request.tenant) == second)
        }
    }

    @Test func `sixty-four placements at the same moment never exceed a capacity`() async throws {
        try await TestWorld.with(application: false) { world in
            // Two orchestrators, each with its own list.
            let services = (0..<2).map { _ in
                service(world, [server("a", tenants: 11), server("b", tenants: 17), server("c", tenants: 5)])
            }
            let outcomes = await withTaskGroup(of: String.self) { group in
                for number in 0..<64 {
                    group.addTask {
                        do { return try await services[number % 2].place(self.request()).server } catch {
                            let reason = (error as? PlacementFailure)?.reason ?? "\(error)"
                            return reason.contains("full or drained") ? "full" : reason
                        }
                    }
                }
                return await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(outcomes == ["a": 11, "b": 17, "c": 5, "full": 31])
            let counted = try await world.admin.count(
                "SELECT count(*) FROM main.data_servers AS server WHERE tenants = (SELECT count(*) FROM main.tenant_placements WHERE server_id = server.id)"
            )
            #expect(counted == 3)
        }
    }

    @Test func `one tenant that is placed twice at once has one place`() async throws {
        try await TestWorld.with(application: false) { world in
            let service = service(world, [server("a"), server("b")])
            let request = request()
            let places = try await withThrowingTaskGroup(of: TenantPlacement.self) { group in
                for _ in 0..<8 { group.addTask { try await service.place(request) } }
                return try await group.reduce(into: Set<TenantPlacement>()) { $0.insert($1) }
            }
            #expect(places.count == 1)
            #expect(try await world.admin.count("SELECT sum(tenants)::int FROM main.data_servers") == 1)
        }
    }

    @Test func `a reservation that is given back makes room`() async throws {
        try await TestWorld.with(application: false) { world in
            let service = service(world, [server("a", tenants: 1)])
            let first = request()
            _ = try await service.place(first)
            await #expect(throws: PlacementFailure.self) { _ = try await service.place(self.request()) }
            try await service.release(first.tenant)
            #expect(try await service.find(first.tenant) == nil)
            #expect(try await service.place(request()).server == "a")
        }
    }

    @Test func `full servers are waited for, and servers that are missing are not`() async throws {
        try await TestWorld.with(application: false) { world in
            let full = try await #require(throws: PlacementFailure.self) {
                _ = try await self.service(world, [self.server("a", tenants: 0)]).place(self.request())
            }
            #expect(full.kind == .waiting)
            #expect(full.reason.contains("add a server to DATA_SERVERS_FILE, or raise a capacity"))
            var europe = server("a")
            europe.labels["tier"] = ["PREMIUM"]
            let unfit = try await #require(throws: PlacementFailure.self) {
                _ = try await self.service(world, [europe]).place(self.request())
            }
            #expect(unfit.kind == .permanent && unfit.reason.contains("no data server is for tier BASIC"))
        }
    }

    @Test func `a tenant from before placements stays where its role is`() async throws {
        try await TestWorld.with(application: false) { world in
            let request = request()
            try await world.admin.execute(
                """
                INSERT INTO main.tenant_credentials (id, tenant_id, server, role, sealed_password, created_on, modified_on)
                VALUES (gen_random_uuid(), '\(request.tenant)', 'b.invalid:5432', 'r', '', now(), now())
                """)
            let servers = [server("a"), server("b", tenants: 0)]
            #expect(try await service(world, servers).preview(request).server == "b")
            #expect(try await service(world, servers).place(request).server == "b")
        }
    }

    @Test func `a preview changes nothing`() async throws {
        try await TestWorld.with(application: false) { world in
            let service = service(world, [server("b"), server("a")])
            let preview = try await service.preview(request())
            #expect(preview.server == "a")
            #expect(try await world.admin.count("SELECT count(*) FROM main.tenant_placements") == 0)
            #expect(try await world.admin.count("SELECT count(*) FROM main.data_servers") == 0)
        }
    }

    @Test func `a removed server with tenants stays known, and its tenants' work says why it waits`() async throws {
        try await TestWorld.with(application: false) { world in
            let request = request()
            _ = try await service(world, [server("a")]).place(request)
            let later = service(world, [server("b")])
            try await later.register()
            #expect(later.servers.problems["a"]?.contains("has 1 tenants and is not listed any more") == true)
            let failure = try #require(throws: PlacementFailure.self) { _ = try later.servers.open("a") }
            #expect(failure.kind == .waiting && failure.reason.contains("add it again"))
            #expect(try await later.place(self.request()).server == "b")
        }
    }
}
