import Configuration
import ConfigurationChecks
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

@testable import ServicePlatform

/// What becomes of rows of the audit log: they are purged when they are old, and personal data is erased from them.
@Suite(.timeLimit(.minutes(20))) struct AuditKeepingTests {
    private static let chain = "chain = '\(AuditWorld.tenant)'"

    /// Rows as they were recorded some days ago.
    private static func addOldRows(_ count: Int, days: Int, _ world: AuditWorld) async throws {
        try await world.database.query(
            """
            INSERT INTO main.audit_pending (id, recorded_on, tenant_id, actor_kind, entity, action, after)
            SELECT gen_random_uuid(),
                date_trunc('milliseconds', now()) - $1 * interval '1 day' + n * interval '1 second', $2, 'system', 'Contact',
                'create', '{}'
            FROM generate_series(1, $3) AS n
            """, [.int64(Int64(days)), .identifier(AuditWorld.tenant), .int64(Int64(count))])
    }

    private static func days(_ count: Int) -> Timestamp { SystemClock().now().adding(.seconds(-86_400 * count)) }

    @Test func `old rows are purged with a signed checkpoint, from which the chain goes on`() async throws {
        try await AuditWorld.run { world in
            try await Self.addOldRows(20, days: 100, world)
            try await Self.addOldRows(10, days: 50, world)
            try await world.chain()
            #expect(try await world.repository.purge(before: Self.days(200)) == 0)
            #expect(try await world.repository.purge(before: Self.days(60)) == 20)
            #expect(try await world.repository.purge(before: Self.days(60)) == 0)
            #expect(try await world.findings() == [])
            #expect(try await world.repository.purge(before: Self.days(40)) == 10)
            let checkpoints = try await world.database.texts(
                "SELECT sequence || ' ' || purged_rows FROM main.audit_checkpoints")
            #expect(checkpoints == ["30 30"])
            try await world.addContacts(2)
            try await world.chain()
            #expect(try await world.findings() == [])
            try await world.tamper(["UPDATE main.audit_checkpoints SET sequence = sequence + 1"])
            #expect(try await world.findings().isEmpty == false)
        }
    }

    @Test func `young rows cannot be purged, whatever the service asks for`() async throws {
        try await AuditWorld.run { world in
            try await world.addContacts(3)
            try await world.chain()
            #expect(try await world.repository.purge(before: Self.days(-1)) == 0)
            #expect(try await world.database.count("SELECT count(*) FROM main.audit_chained WHERE \(Self.chain)") == 4)
        }
    }

    @Test(arguments: ["29", "1", "-1", "36501", "soon"]) func `a retention that is too short is refused`(
        _ value: String
    )
        async throws
    {
        let reader = try EnvironmentReader.make(
            folder: "/nonexistent", environment: ["AUDIT_RETENTION_DAYS": value])
        #expect(throws: ConfigurationFailure.self) { try AuditConfiguration(reader: reader) }
    }

    @Test func `a retention of zero keeps everything`() async throws {
        for (value, retention) in [("0", nil), ("30", Duration.seconds(30 * 86_400)), ("", .seconds(730 * 86_400))] {
            let reader = try EnvironmentReader.make(
                folder: "/nonexistent", environment: ["AUDIT_RETENTION_DAYS": value])
            #expect(try AuditConfiguration(reader: reader).retention == retention)
        }
    }

    // MARK: Erasure

    private static func erase(_ world: AuditWorld) async throws {
        _ = try await world.pool.query(
            AuditErasure.statement(of: AuditWorld.tenant, entities: ["Contact"]),
            settings: [PostgresSetting("app.tenant_id", "*")])
    }

    @Test func `an erasure empties rows of no tenant only where they are about the tenant`() async throws {
        try await AuditWorld.run { world in
            let database = world.database
            let ids = (0..<4).map { _ in Identifier.v4() }
            let (lead, address, stranger) = (ids[0], ids[1], ids[2])
            for (id, place, email) in [(lead, address, "ann"), (stranger, ids[3], "eve")] {
                try await database.query(
                    "INSERT INTO main.addresses (id, country, address) VALUES ($1, 'NO', 'Main Street')",
                    [.identifier(place)])
                try await database.query(
                    """
                    INSERT INTO main.leads (id, first_name, last_name, company_name, email, address_id)
                    VALUES ($1, 'Ann', 'Smith', 'Acme', $2 || '@example.com', $3)
                    """, [.identifier(id), .text(email), .identifier(place)])
            }
            try await database.query(
                "UPDATE main.tenants SET lead_id = $2 WHERE id = $1",
                [.identifier(AuditWorld.tenant), .identifier(lead)])
            try await world.chain()
            for tenant in [AuditWorld.tenant, AuditWorld.otherTenant] {
                try await database.query(
                    "INSERT INTO main.erasures (tenant_id, erased_on, certificate) VALUES ($1, now(), '{}')",
                    [.identifier(tenant)])
            }
            func erase(_ tenant: Identifier, _ others: [Identifier]) async throws {
                _ = try await world.pool.query(
                    AuditErasure.statement(of: tenant, others: others, entities: ["Contact"]),
                    settings: [PostgresSetting("app.tenant_id", "*")])
            }
            func names(of row: Identifier) async throws -> Int {
                try await database.count(
                    "SELECT count(*) FROM main.audit_logs WHERE entity_id = $1 AND after IS NOT NULL",
                    [.identifier(row)])
            }
            for others in [[stranger], [lead, ids[3]], [lead, Identifier.v4()], [AuditWorld.otherTenant]] {
                await #expect(throws: PostgresError.self) { try await erase(AuditWorld.tenant, others) }
            }
            await #expect(throws: PostgresError.self, "another tenant's lead") {
                try await erase(AuditWorld.otherTenant, [lead])
            }
            for row in [lead, address, stranger, ids[3]] { #expect(try await names(of: row) == 1) }
            try await erase(AuditWorld.tenant, [lead, address])
            for row in [lead, address] { #expect(try await names(of: row) == 0) }
            for row in [stranger, ids[3]] { #expect(try await names(of: row) == 1) }
            try await world.chain()
            #expect(try await world.findings() == [])
        }
    }

    @Test func `personal data is erased from chained and pending rows, and the chain stays what it was`() async throws {
        try await AuditWorld.run { world in
            let database = world.database
            try await world.addContacts(3)
            try await database.withPool { owner in
                _ = try await owner.query(
                    PostgresStatement("UPDATE main.tenants SET name = 'Renamed'", prepared: false),
                    settings: [PostgresSetting("app.audit", "tenantUser\u{1F}\u{1F}\u{1F}\u{1F}ann@example.com")])
            }
            try await world.chain()
            try await database.query("UPDATE main.contacts SET email = 'other@example.com'")
            await #expect(throws: PostgresError.self, "nothing was erased elsewhere") { try await Self.erase(world) }
            try await database.query(
                "INSERT INTO main.erasures (tenant_id, erased_on, certificate) VALUES ($1, now(), '{}')",
                [.identifier(AuditWorld.tenant)])
            try await Self.erase(world)
            for name in ["example.com", "Smith"] {
                #expect(
                    try await database.count(
                        "SELECT count(*) FROM main.audit_logs AS t WHERE tenant_id = $1 AND strpos(t::text, $2) > 0",
                        [.identifier(AuditWorld.tenant), .text(name)]) == 0)
            }
            #expect(
                try await database.count("SELECT count(*) FROM main.audit_logs WHERE after ->> 'name' = 'Renamed'")
                    == 2,
                "what is not personal stays")
            #expect(try await world.findings() == [], "before the erasure has its place")
            try await world.chain()
            #expect(try await world.findings() == [])
            try await world.tamper([
                "DELETE FROM main.audit_chained WHERE action = 'erase'"
            ])
            #expect(try await world.findings().contains { $0.hasPrefix("emptied") })
        }
    }
}
