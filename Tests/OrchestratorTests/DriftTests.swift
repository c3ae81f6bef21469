import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

@testable import Orchestrator

@Suite(.serialized) struct DriftTests {
    /// Compares the servers of a world, and returns the findings by name.
    private func verify(
        _ world: MoveWorld, repairs: Bool = false, orphansToDrop: Int? = nil
    ) async throws -> (findings: [DriftFinding], summary: DriftVerification.Summary) {
        var findings: [DriftFinding] = []
        let verification = DriftVerification(tenancy: world.tenancy, pool: world.world.pool)
        let summary = try await verification.run(.init(repairs: repairs, orphansToDrop: orphansToDrop)) { finding in
            // Other tests have databases and roles of tenants on the shared server.
            if finding.kind != .orphan || finding.server == "b" { findings.append(finding) }
        }
        return (findings, summary)
    }

    /// The superuser in the database in which tenants of server `a` have their schemas.
    private func inApplication(_ world: MoveWorld, _ sql: String) async throws {
        var configuration = try #require(world.servers.list.first).configuration
        configuration.user = try PostgresTestServer.current().user
        try await withPool(configuration) { try await $0.execute(sql) }
    }

    @Test func `tenants that are as they should be are no differences`() async throws {
        try await MoveWorld.with { world in
            _ = try await world.tenant()
            _ = try await world.tenant(.silo)
            var moved = try await world.tenant().rehearsal(server: "b")
            try await moved.performAll()
            let (findings, summary) = try await verify(world)
            #expect(findings.isEmpty, "\(findings)")
            #expect(summary.checked >= 4)
        }
    }

    @Test func `missing roles and grants are repaired, and the application works again`() async throws {
        try await MoveWorld.with { world in
            let (pooled, silo) = (try await world.tenant(), try await world.tenant(.silo))
            try await inApplication(world, "REVOKE CREATE ON SCHEMA \(pooled.name) FROM \(pooled.name)")
            try await inApplication(
                world, "REVOKE CONNECT ON DATABASE \(world.world.applicationDatabase) FROM \(pooled.name)")
            try await world.world.admin.execute("ALTER ROLE \(silo.name) NOLOGIN")
            try await world.world.admin.execute("REVOKE CONNECT ON DATABASE \(silo.name) FROM \(silo.name)")
            let (before, _) = try await verify(world)
            #expect(Set(before.map(\.kind)) == [.missingGrant, .missingLogin])
            #expect(before.allSatisfy { $0.isRepairable && !$0.isResolved })
            let (repaired, _) = try await verify(world, repairs: true)
            #expect(repaired.count == before.count && repaired.allSatisfy { $0.isResolved })
            #expect(try await verify(world).findings.isEmpty)
            try await pooled.expectWritable()
            try await silo.expectWritable()
        }
    }

    @Test func `a role that is gone is made again with its password`() async throws {
        try await MoveWorld.with { world in
            let tenant = try await world.tenant()
            try await inApplication(
                world, "REASSIGN OWNED BY \(tenant.name) TO \(world.world.provisioner)")
            try await inApplication(world, "DROP OWNED BY \(tenant.name)")
            try await inApplication(world, "DROP ROLE \(tenant.name)")
            #expect(try await verify(world).findings.map(\.kind) == [.missingRole])
            let (findings, _) = try await verify(world, repairs: true)
            #expect(findings.allSatisfy { $0.isResolved })
            let stored = try await world.world.credentials.credential(
                role: tenant.name, server: world.world.dataServerAddress, tenant: tenant.id)
            let row = try #require(
                try await world.world.admin.query(
                    PostgresStatement("SELECT rolpassword FROM pg_authid WHERE rolname = $1", prepared: false),
                    [.text(tenant.name)]
                ).first)
            #expect(isVerifier(try row.text(0), of: stored.password))
            #expect(try await verify(world).findings.isEmpty)
        }
    }

    @Test func `lost data is reported and never replaced by an empty schema`() async throws {
        try await MoveWorld.with { world in
            let tenant = try await world.tenant()
            try await inApplication(world, "DROP SCHEMA \(tenant.name) CASCADE")
            let (findings, summary) = try await verify(world, repairs: true)
            #expect(findings.map(\.kind) == [.missingSchema])
            #expect(findings.first?.isResolved == false && !summary.isClean)
        }
    }

    @Test func `orphans are listed, and dropped only if their number is named`() async throws {
        try await MoveWorld.with { world in
            let tenant = try await world.tenant()
            let stranger = Identifier.v4()
            for sql in [
                "CREATE ROLE tenant_lost LOGIN", "COMMENT ON ROLE tenant_lost IS 'arc tenant \(stranger)'",
                "CREATE DATABASE tenant_gone OWNER provisioner", "CREATE ROLE tenant_template",
                "CREATE ROLE \(tenant.name)", "COMMENT ON ROLE \(tenant.name) IS 'arc tenant \(tenant.id)'",
            ] {
                try await world.other.execute(sql)
            }
            let (findings, _) = try await verify(world)
            // What is neither marked nor owned by the provisioner is not ours to judge.
            #expect(findings.map(\.name) == ["tenant_\(tenant.test.key)", "tenant_gone", "tenant_lost"].sorted())
            #expect(findings.first { $0.name == tenant.name }?.kind == .wrongPlace)
            #expect(findings.first { $0.name == "tenant_lost" }?.tenant == stranger)
            let (_, refused) = try await verify(world, orphansToDrop: 1_000_000)
            #expect(refused.refusal?.contains("nothing was dropped") == true && !refused.isClean)
            #expect(try await world.other.count("SELECT count(*) FROM pg_database WHERE datname = 'tenant_gone'") == 1)
        }
    }

    @Test func `an orphan is dropped with its data`() async throws {
        try await MoveWorld.with { world in
            try await world.other.execute("CREATE ROLE tenant_lost LOGIN")
            try await world.other.execute("COMMENT ON ROLE tenant_lost IS 'arc tenant \(Identifier.v4())'")
            try await world.other.execute("CREATE DATABASE tenant_lost OWNER provisioner")
            let open = try world.servers.open("b")
            let repair = DriftRepair(
                tenancy: world.tenancy, repository: DriftRepository(pool: world.world.pool), server: open)
            let found = try await DriftRepository.actual(on: open.pool, after: "tenant_").elements
            let orphan = try #require(found.first)
            #expect(orphan.name == "tenant_lost" && orphan.hasRole && orphan.hasDatabase)
            #expect(try await repair.drop(orphan))
            #expect(try await DriftRepository.actual(on: open.pool, after: "tenant_").elements.isEmpty)
        }
    }

    @Test func `a tenant from before placements gets its place, and a reservation that nobody uses is given back`()
        async throws
    {
        try await MoveWorld.with { world in
            let tenant = try await world.tenant(.silo)
            try await world.world.admin.execute("DELETE FROM main.tenant_placements")
            let reserved = PlacementRequest(
                tenant: .v4(), tenantKey: world.world.newKey(), tier: "BASIC", labels: [:], kind: .pooled)
            _ = try await world.tenancy.placement.place(reserved)
            let (findings, _) = try await verify(world, repairs: true)
            #expect(Set(findings.map(\.kind)) == [.notPlaced, .staleReservation])
            #expect(findings.allSatisfy { $0.isResolved })
            let place = try await tenant.place()
            #expect(place?.server == "a" && place?.kind == .silo && place?.database == tenant.name)
            #expect(try await world.tenancy.find(reserved.tenant) == nil)
        }
    }

    @Test func `a server that is away is a finding, and the others are compared`() async throws {
        try await MoveWorld.with { world in
            let tenant = try await world.tenant()
            try await world.world.admin.execute("ALTER ROLE \(tenant.name) NOLOGIN")
            try await world.other.execute("ALTER ROLE provisioner NOLOGIN")
            let (findings, _) = try await verify(world)
            #expect(findings.map(\.kind) == [.missingLogin, .unreachable])
        }
    }

    @Test func `pages go through all names once`() async throws {
        let names = (0..<95).map { "tenant_\(1000 + $0)" }
        var pages = NamePages<ActualObjects>(after: "tenant_") { after in
            let rest = names.filter { $0 > after }.prefix(10)
            return (rest.map { ActualObjects(name: $0) }, rest.count < 10)
        }
        var seen: [String] = []
        while let next = try await pages.peek() {
            seen.append(next.name)
            pages.drop()
        }
        #expect(seen == names)
    }
}
