import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing
import WorkQueue

@testable import Orchestrator

@Suite(.serialized) struct TenantMoveTests {
    @Test func `a pooled tenant gets a database of its own`() async throws {
        try await MoveWorld.with { world in
            let tenant = try await world.tenant()
            let old = try #require(try await tenant.place())
            var move = try tenant.rehearsal(target: "silo")
            try await move.performAll()
            let place = try #require(try await tenant.place())
            #expect(place.server == "a" && place.kind == .silo && place.database == tenant.name)
            #expect(try await tenant.orders() == 500)
            try await tenant.expectWritable()
            // Identities go on where they were.
            let last = try await tenant.inApplication {
                try await $0.count("SELECT max(id)::int FROM \(tenant.name).orders")
            }
            #expect(last == 501)
            let resource = try #require(move.resources.first)
            #expect(move.resources.count == 1 && resource.type == "postgres-database")
            #expect(resource.metadata["database"] == .string(tenant.name))
            // The old copy is kept, and the tenant cannot enter it.
            #expect(try await tenant.place(.previous)?.database == old.database)
            await #expect(throws: PostgresError.self) {
                try await tenant.inApplication(on: "a", database: old.database) { try await $0.execute("SELECT 1") }
            }
            let kept = try await world.world.provisionerPool.count(
                "SELECT count(*) FROM pg_tables WHERE schemaname = '\(tenant.name)'")
            #expect(kept == 2)
        }
    }

    @Test func `a tenant moves to another server, and back`() async throws {
        try await MoveWorld.with { world in
            let tenant = try await world.tenant()
            var move = try tenant.rehearsal(server: "b")
            try await move.performAll()
            #expect(try await tenant.place()?.server == "b")
            #expect(try await tenant.place(.previous)?.server == "a")
            try await tenant.expectWritable()
            // Nobody can log in at the old place.
            await #expect(throws: PostgresError.self) {
                try await tenant.inApplication(on: "a", database: world.world.applicationDatabase) {
                    try await $0.execute("SELECT 1")
                }
            }
            try await Self.removeOldCopy(world, tenant)
            var back = try tenant.rehearsal(server: "a")
            try await back.performAll()
            #expect(try await tenant.place()?.server == "a")
            #expect(try await tenant.orders() == 501)
        }
    }

    @Test func `a tenant with a database of its own moves with all of its schemas`() async throws {
        try await MoveWorld.with { world in
            let tenant = try await world.tenant(.silo)
            try await tenant.inApplication { pool in
                try await pool.execute("CREATE SCHEMA archive")
                try await pool.execute("CREATE TABLE archive.orders AS SELECT * FROM \(tenant.name).orders")
            }
            var pooled = try tenant.rehearsal(target: "pooled")
            await expectPermanent("has the schema archive") { try await pooled.performAll() }
            try await pooled.compensate(1)
            var move = try tenant.rehearsal(server: "b")
            try await move.performAll()
            #expect(try await tenant.place()?.server == "b")
            let archived = try await tenant.inApplication { try await $0.count("SELECT count(*) FROM archive.orders") }
            #expect(archived == 500)
            try await tenant.expectWritable()
        }
    }

    @Test func `a copy that differs is thrown away, and the tenant goes on where it was`() async throws {
        try await MoveWorld.with { world in
            let tenant = try await world.tenant()
            var move = try tenant.rehearsal(server: "b")
            try await move.performAll(before: "verify")
            try await Self.inCopy(world) {
                try await $0.execute("UPDATE \(tenant.name).orders SET price = price + 1 WHERE id = 77")
            }
            let verify = try move.index(of: "verify")
            await expectPermanent("table \(tenant.name).orders") { try await move.perform(verify) }
            try await move.compensate(verify + 1)
            try await Self.expectUntouched(world, tenant)
        }
    }

    @Test func `every step can be repeated`() async throws {
        try await MoveWorld.with { world in
            let tenant = try await world.tenant()
            var move = try tenant.rehearsal(target: "silo", server: "b")
            for index in move.steps.indices {
                // As by a process that was killed before it could record the step.
                try await move.perform(index, isRecorded: false)
                try await move.perform(index)
            }
            #expect(try await tenant.place()?.server == "b")
            #expect(try await tenant.place()?.kind == .silo)
            #expect(move.resources.count == 1)
            try await tenant.expectWritable()
        }
    }

    @Test func `a move that is given up at any step leaves the tenant where it was`() async throws {
        try await MoveWorld.with { world in
            let tenant = try await world.tenant()
            for (target, server) in [("silo", "a"), ("pooled", "b")] {
                let count = try tenant.rehearsal(target: target, server: server).steps.count
                for last in 0..<count {
                    var move = try tenant.rehearsal(target: target, server: server)
                    for index in 0...last { try await move.perform(index, isRecorded: index < last) }
                    try await move.compensate(last + 1)
                    try await Self.expectUntouched(world, tenant)
                }
            }
        }
    }

    @Test func `a copy that is interrupted is made again`() async throws {
        try await MoveWorld.with { world in
            let tenant = try await world.tenant()
            var move = try tenant.rehearsal(server: "b")
            try await move.performAll(before: "copy")
            let (copy, started) = (try move.index(of: "copy"), move)
            try await world.world.provisionerPool.withTransaction { transaction in
                // pg_dump waits for the lock.
                try await transaction.run("LOCK TABLE \(tenant.name).orders IN ACCESS EXCLUSIVE MODE")
                let attempt = Task {
                    var attempt = started
                    try await attempt.perform(copy)
                }
                try await eventually("pg_dump waits") {
                    try await world.world.admin.count(
                        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'arc-move-\(tenant.id)' AND wait_event_type = 'Lock'"
                    ) == 1
                }
                attempt.cancel()
                await #expect(throws: ProvisioningFailure.self) { try await attempt.value }
            }
            try await move.performAll(from: copy)
            #expect(try await tenant.place()?.server == "b")
            #expect(try await tenant.orders() == 500)
        }
    }

    @Test func `a window that is over undoes the move`() async throws {
        try await MoveWorld.with(window: .seconds(60)) { world in
            let tenant = try await world.tenant()
            var move = try tenant.rehearsal(server: "b")
            try await move.performAll(before: "verify")
            world.world.clock.advance(by: .seconds(61))
            let verify = try move.index(of: "verify")
            await expectPermanent("MOVE_WINDOW_SECONDS") { try await move.perform(verify) }
            try await move.compensate(verify + 1)
            try await Self.expectUntouched(world, tenant)
        }
    }

    @Test func `a tenant can only read while it is copied`() async throws {
        try await MoveWorld.with { world in
            let tenant = try await world.tenant()
            var move = try tenant.rehearsal(server: "b")
            try await move.performAll(before: "close-source")
            #expect(try await tenant.orders() == 500)
            let error = await #expect(throws: PostgresError.self) {
                try await tenant.inApplication { try await $0.execute("DELETE FROM \(tenant.name).orders") }
            }
            #expect(error?.sqlState == .readOnlyTransaction)
            try await move.compensate(5)
            try await tenant.expectWritable()
        }
    }

    @Test func `targets that cannot take the tenant are refused before anything changes`() async throws {
        try await MoveWorld.with { world in
            let tenant = try await world.tenant()
            for (target, server, reason) in [
                (nil, "a", "is there already"), ("pooled", nil, nil), (nil, "c", "there is no data server c"),
                ("pooled", "a", "is there already"),
            ] as [(String?, String?, String?)] {
                var move = try tenant.rehearsal(target: target, server: server)
                guard let reason else {
                    // Without a server, another one is chosen.
                    try await move.perform(0)
                    #expect(try await tenant.place(.target)?.server == "b")
                    try await move.compensate(1)
                    continue
                }
                await expectPermanent(reason) { try await move.perform(0) }
            }
            try await world.other.execute("CREATE DATABASE \(tenant.name)")
            var move = try tenant.rehearsal(target: "silo", server: "b")
            try await move.perform(0)
            await expectPermanent("exists on b already") { try await move.perform(1) }
            try await move.compensate(2)
            #expect(try await tenant.place(.target) == nil)
            try await tenant.expectWritable()
        }
    }

    @Test func `the old copy is removed when the move is confirmed`() async throws {
        try await MoveWorld.with { world in
            let tenant = try await world.tenant()
            var move = try tenant.rehearsal(target: "silo", server: "a")
            try await move.performAll()
            try await Self.removeOldCopy(world, tenant)
            #expect(
                try await world.world.provisionerPool.count(
                    "SELECT count(*) FROM pg_namespace WHERE nspname = '\(tenant.name)'") == 0)
            // The role is the one of the new place, too.
            try await tenant.expectWritable()
            var next = try tenant.rehearsal(server: "b")
            try await next.performAll()
            try await Self.removeOldCopy(world, tenant)
            #expect(
                try await world.world.admin.count("SELECT count(*) FROM pg_roles WHERE rolname = '\(tenant.name)'") == 0
            )
            #expect(
                try await world.world.admin.count(
                    "SELECT count(*) FROM main.tenant_credentials WHERE role = '\(tenant.name)'") == 1)
            try await tenant.expectWritable()
        }
    }

    @Test func `a tenant that was moved is removed where it is, with its old copy`() async throws {
        try await MoveWorld.with { world in
            let tenant = try await world.tenant()
            var move = try tenant.rehearsal(target: "silo", server: "b")
            try await move.performAll()
            let event = try ProvisioningEvent(
                kind: .deprovision, json: try tenant.test.json.serialized(), eventID: .v4(), tenantID: tenant.id,
                trace: nil, secrets: tenant.test.secrets)
            _ = try await PostgresSchemaProvisioner(tenancy: world.tenancy).plan(.deprovision).performAll(event)
            #expect(
                try await world.other.count("SELECT count(*) FROM pg_database WHERE datname = '\(tenant.name)'") == 0)
            #expect(try await world.other.count("SELECT count(*) FROM pg_roles WHERE rolname = '\(tenant.name)'") == 0)
            #expect(
                try await world.world.admin.count("SELECT count(*) FROM pg_roles WHERE rolname = '\(tenant.name)'") == 0
            )
            #expect(try await world.world.admin.count("SELECT count(*) FROM main.tenant_placements") == 0)
            #expect(try await world.world.admin.count("SELECT sum(tenants)::int FROM main.data_servers") == 0)
            #expect(try await world.world.admin.count("SELECT count(*) FROM main.tenant_credentials") == 0)
        }
    }

    // MARK: Parts

    /// Expects that the tenant is on server `a`, can write there, and that nothing of it is anywhere else.
    private static func expectUntouched(_ world: MoveWorld, _ tenant: MovingTenant) async throws {
        let place = try await tenant.place()
        #expect(place?.server == "a" && place?.kind == .pooled && place?.state == .placed)
        #expect(try await tenant.place(.target) == nil)
        #expect(try await tenant.place(.previous) == nil)
        try await tenant.expectWritable()
        for pool in [world.other, world.world.admin] {
            #expect(try await pool.count("SELECT count(*) FROM pg_database WHERE datname = '\(tenant.name)'") == 0)
        }
        #expect(try await world.other.count("SELECT count(*) FROM pg_roles WHERE rolname = '\(tenant.name)'") == 0)
        let schemas = try await inCopy(world) {
            try await $0.count("SELECT count(*) FROM pg_namespace WHERE nspname = '\(tenant.name)'")
        }
        #expect(schemas == 0)
        // The provisioner is no member of the tenant's role any more.
        let members = try await world.world.admin.count(
            "SELECT count(*) FROM pg_auth_members WHERE roleid = '\(tenant.name)'::regrole")
        #expect(members == 0)
    }

    /// In the shared database of server `b`, as its provisioner.
    private static func inCopy<Value: Sendable>(
        _ world: MoveWorld, _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        var configuration = try #require(world.servers.list.last).configuration
        configuration.user = "postgres"
        return try await withPool(configuration, body)
    }

    /// Confirms the move, and does what the worker of old copies does.
    private static func removeOldCopy(_ world: MoveWorld, _ tenant: MovingTenant) async throws {
        let store = OldCopyStore(pool: world.world.pool)
        #expect(try await store.claim(ClaimRequest(limit: 5, lease: .seconds(30))).isEmpty)
        try await store.confirm(tenant.id, event: .v4(), at: world.world.clock.now())
        let copy = try #require(try await store.claim(ClaimRequest(limit: 5, lease: .seconds(30))).first)
        let remover = OldCopyRemover(tenancy: world.tenancy)
        // Twice, as after a process that was killed.
        try await remover.remove(copy)
        try await remover.remove(copy)
        #expect(try await store.settle([(item: copy, settlement: .done(()))]).count == 1)
        #expect(try await tenant.place(.previous) == nil)
    }
}
