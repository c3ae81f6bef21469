import PostgresClient
import PostgresTestSupport
import Primitives
import Sealing
import StackTestSupport
import Testing

@testable import ServicePlatform

/// The chains of an audit log: complete, in an order, and worth something.
@Suite(.timeLimit(.minutes(20))) struct AuditChainTests {
    private static let chain = "chain = '\(AuditWorld.tenant)'"

    /// What somebody with the rights of the owner does to a chain of ten rows, and what a verification says.
    struct Attack: Sendable, CustomTestStringConvertible {
        let name: String
        let statements: [String]
        let findings: [String]
        var testDescription: String { name }
    }

    private static let attacks = [
        Attack(
            name: "a value",
            statements: [
                "UPDATE main.audit_chained SET after = '{\"name\": \"Other\"}' WHERE \(chain) AND sequence = 4"
            ],
            findings: ["changed 4-4"]),
        Attack(
            name: "an actor",
            statements: ["UPDATE main.audit_chained SET actor = 'somebody' WHERE \(chain) AND sequence = 4"],
            findings: ["changed 4-4"]),
        Attack(
            name: "a time",
            statements: [
                "UPDATE main.audit_chained SET recorded_on = recorded_on - interval '1 day' WHERE \(chain) AND sequence = 4"
            ], findings: ["changed 4-4"]),
        Attack(
            name: "a value with another hash",
            statements: [
                """
                UPDATE main.audit_chained SET after = '{}', hash = encode(sha256('other'), 'hex')
                WHERE \(chain) AND sequence = 4
                """
            ], findings: ["changed 4-4", "changed 5-5"]),
        Attack(
            name: "a row", statements: ["DELETE FROM main.audit_chained WHERE \(chain) AND sequence = 4"],
            findings: ["missing 4-4"]),
        Attack(
            name: "the beginning", statements: ["DELETE FROM main.audit_chained WHERE \(chain) AND sequence < 4"],
            findings: ["missing 1-3"]),
        Attack(
            name: "the end", statements: ["DELETE FROM main.audit_chained WHERE \(chain) AND sequence > 8"],
            findings: ["missing 9-10"]),
        Attack(
            name: "everything", statements: ["DELETE FROM main.audit_chained WHERE \(chain)"],
            findings: ["missing 1-10"]),
        Attack(
            name: "an end, and where it is",
            statements: [
                "DELETE FROM main.audit_chained WHERE \(chain) AND sequence > 8",
                """
                UPDATE main.audit_chains AS head SET sequence = 8, hash = row.hash FROM main.audit_chained AS row
                WHERE head.\(chain) AND row.\(chain) AND row.sequence = 8
                """,
            ], findings: ["unsigned 8-8"]),
        Attack(
            name: "one more row",
            statements: [
                """
                INSERT INTO main.audit_chained (
                    id, recorded_on, tenant_id, actor_kind, entity, action, is_chained, chain, sequence, hash, actor_salt,
                    content_salt)
                SELECT gen_random_uuid(), recorded_on, tenant_id, actor_kind, entity, action, true, chain, 11, hash,
                    actor_salt, content_salt
                FROM main.audit_chained WHERE \(chain) AND sequence = 10
                """
            ], findings: ["changed 11-11", "inserted 11-11"]),
        Attack(
            name: "places",
            statements: [
                "UPDATE main.audit_chained SET sequence = -1 WHERE \(chain) AND sequence = 4",
                "UPDATE main.audit_chained SET sequence = 4 WHERE \(chain) AND sequence = 5",
                "UPDATE main.audit_chained SET sequence = 5 WHERE \(chain) AND sequence = -1",
            ], findings: ["changed 4-4", "changed 5-5", "changed 6-6"]),
        Attack(
            name: "the content, as if it was erased",
            statements: [
                """
                UPDATE main.audit_chained SET before = NULL, after = NULL, content_salt = NULL, content_digest = encode(sha256(
                    convert_to(content_salt::text || jsonb_build_array(before, after)::text, 'UTF8')), 'hex')
                WHERE \(chain) AND sequence = 4
                """
            ], findings: ["emptied 4-4"]),
        Attack(
            name: "a value, beside the digest of the former one",
            statements: [
                """
                UPDATE main.audit_chained SET after = '{"name": "Other"}', content_digest = encode(sha256(
                    convert_to(content_salt::text || jsonb_build_array(before, after)::text, 'UTF8')), 'hex')
                WHERE \(chain) AND sequence = 4
                """
            ], findings: ["changed 4-4"]),
        Attack(
            name: "a value, instead of one that was erased",
            statements: [
                """
                UPDATE main.audit_chained SET after = '{"name": "Other"}', content_salt = NULL, content_digest = encode(sha256(
                    convert_to(content_salt::text || jsonb_build_array(before, after)::text, 'UTF8')), 'hex')
                WHERE \(chain) AND sequence = 4
                """
            ], findings: ["changed 4-4", "emptied 4-4"]),
        Attack(
            name: "an actor, beside the digest of the former one",
            statements: [
                """
                UPDATE main.audit_chained SET actor = 'somebody', actor_digest = encode(sha256(
                    convert_to(actor_salt::text || coalesce(actor, ''), 'UTF8')), 'hex')
                WHERE \(chain) AND sequence = 4
                """
            ], findings: ["changed 4-4"]),
        Attack(
            name: "the signature of the end",
            statements: ["UPDATE main.audit_chains SET seal = NULL WHERE \(chain)"], findings: ["unsigned 10-10"]),
        Attack(
            name: "the end of another chain",
            statements: [
                """
                UPDATE main.audit_chains SET seal = (
                    SELECT seal FROM main.audit_chains WHERE chain = '\(AuditWorld.otherTenant)') WHERE \(chain)
                """
            ], findings: ["unsigned 10-10"]),
        Attack(
            name: "all ends", statements: ["DELETE FROM main.audit_chains WHERE \(chain)"],
            findings: ["unsigned 10-10"]),
        Attack(
            name: "a beginning, with a checkpoint",
            statements: [
                """
                INSERT INTO main.audit_checkpoints (chain, sequence, hash, purged_rows, seal, sealed_on)
                SELECT chain, sequence, hash, 3, 'aa', now() FROM main.audit_chained WHERE \(chain) AND sequence = 3
                """,
                "DELETE FROM main.audit_chained WHERE \(chain) AND sequence < 4",
            ], findings: ["unsigned 3-3"]),
    ]

    @Test(arguments: attacks) func `whoever changes a chain is found out`(_ attack: Attack) async throws {
        try await AuditWorld.run { world in
            try await world.addContacts(9)
            try await world.chain()
            #expect(try await world.findings() == [])
            try await world.tamper(attack.statements)
            #expect(try await world.findings() == attack.findings)
            #expect(try await world.findings(chain: AuditWorld.tenant) == attack.findings)
            #expect(try await world.findings(chain: AuditWorld.otherTenant) == [])
        }
    }

    @Test func `a whole chain that somebody with the key has replaced does not have the row that was noted`()
        async throws
    {
        try await AuditWorld.run { world in
            try await world.addContacts(3)
            try await world.chain()
            let noted = try await AuditVerification(pool: world.pool, sealer: world.sealer).run(
                chain: AuditWorld.tenant
            ) { _ in }.end
            let end = try #require(noted)
            #expect(try await world.findings(chain: AuditWorld.tenant, anchor: end) == [])
            try await world.tamper([
                "DELETE FROM main.audit_chained WHERE \(Self.chain)",
                "DELETE FROM main.audit_chains WHERE \(Self.chain)",
            ])
            try await world.addContacts(3)
            try await world.chain()
            #expect(try await world.findings(chain: AuditWorld.tenant) == [])
            #expect(try await world.findings(chain: AuditWorld.tenant, anchor: end) == ["missing 4-4"])
            try await world.addContacts(3)
            try await world.chain()
            #expect(try await world.findings(chain: AuditWorld.tenant, anchor: end) == ["changed 4-4"])
        }
    }

    @Test func `another key and another service do not accept a chain`() async throws {
        try await AuditWorld.run { world in
            try await world.chain()
            let keys = EncryptionKeys(current: "the key of the tests")
            for other in [
                AuditSealer(keys: EncryptionKeys(current: "another key"), service: AuditWorld.service),
                AuditSealer(keys: keys, service: "Subscription Service"),
            ] { #expect(try await world.findings(by: other) == ["unsigned 1-1", "unsigned 1-1"]) }
            let next = EncryptionKeys(current: "the next key", others: ["the key of the tests"])
            let sealer = AuditSealer(keys: next, service: AuditWorld.service)
            #expect(try await world.findings(by: sealer) == [])
            try await world.database.withPool { owner in
                let outcome = try await AuditResealing(pool: owner, sealer: sealer).run()
                #expect(outcome == AuditResealing.Outcome(signed: 2, refused: 0))
            }
            let alone = AuditSealer(keys: EncryptionKeys(current: "the next key"), service: AuditWorld.service)
            #expect(try await world.findings(by: alone) == [])
            try await world.database.withPool { owner in
                let outcome = try await AuditResealing(pool: owner, sealer: world.sealer).run()
                #expect(outcome == AuditResealing.Outcome(signed: 0, refused: 2))
            }
            #expect(try await world.findings(by: alone) == [])
        }
    }

    @Test func `a change that is committed later has a later place, whatever its time says`() async throws {
        try await AuditWorld.run { world in
            try await world.chain()
            try await world.database.withPool { owner in
                try await owner.withTransaction(settings: []) { transaction in
                    _ = try await transaction.query(
                        """
                        INSERT INTO main.contacts (first_name, last_name, email, tenant_id)
                        VALUES ('Early', 'Bird', 'early@example.com', $1)
                        """, [.identifier(AuditWorld.tenant)])
                    try await world.addContacts(1)
                    try await world.chain()
                    #expect(try await world.database.count("SELECT count(*) FROM main.audit_pending") == 0)
                }
            }
            try await world.chain()
            let names = try await world.database.texts(
                "SELECT after ->> 'firstName' FROM main.audit_chained WHERE \(Self.chain) AND sequence > 1 ORDER BY sequence"
            )
            #expect(names == ["Ann", "Early"])
            #expect(try await world.findings() == [])
        }
    }

    @Test func `no row is left out while many write and several nodes move rows`() async throws {
        try await AuditWorld.run { world in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        for _ in 0..<10 {
                            try await world.addContacts(
                                3, of: writer % 2 == 0 ? AuditWorld.tenant : AuditWorld.otherTenant)
                        }
                    }
                }
                for _ in 0..<3 { group.addTask { for _ in 0..<15 { try await world.chain() } } }
                try await group.waitForAll()
            }
            try await world.chain()
            let summary = try await world.verify()
            #expect(summary.rows == 242 && summary.chains == 2 && summary.findings == 0 && summary.pending == 0)
        }
    }

    @Test func `whoever does not hold the work moves nothing`() async throws {
        try await AuditWorld.run { world in
            try await world.database.query("UPDATE main.audit_work SET claim = $1", [.identifier(.v4())])
            #expect(try await world.repository.chain(.v4()) == 0)
            #expect(try await world.database.count("SELECT count(*) FROM main.audit_pending") == 2)
        }
    }

    @Test func `a chain of many pages is followed to its end`() async throws {
        try await AuditWorld.run { world in
            try await world.addContacts(4500)
            try await world.addContacts(2100, of: AuditWorld.otherTenant)
            try await world.chain()
            let summary = try await world.verify()
            #expect(summary.rows == 6602 && summary.chains == 2 && summary.findings == 0)
            try await world.tamper([
                "UPDATE main.audit_chained SET entity_id = NULL WHERE sequence = 2001",
                "DELETE FROM main.audit_chained WHERE \(Self.chain) AND sequence = 4000",
            ])
            #expect(try await world.findings() == ["changed 2001-2001", "missing 4000-4000", "changed 2001-2001"])
        }
    }

    @Test func `rows are never changed or deleted, by the service or by mistake`() async throws {
        try await AuditWorld.run { world in
            try await world.chain()
            try await world.addContacts(1)
            let everyone = TenantScopes.all
            for table in ["audit_logs", "audit_pending", "audit_chained"] {
                for sql in [
                    "UPDATE main.\(table) SET actor = 'x'", "DELETE FROM main.\(table)", "TRUNCATE main.\(table)",
                    "INSERT INTO main.\(table) (id, recorded_on, actor_kind, entity, action) "
                        + "VALUES (gen_random_uuid(), now(), 'operator', 'Tenant', 'delete')",
                ] {
                    let statement = PostgresStatement(sql, prepared: false)
                    await #expect(throws: PostgresError.self, "the service: \(sql)") {
                        try await world.pool.query(statement, settings: everyone)
                    }
                    guard !sql.hasPrefix("INSERT") else { continue }
                    await #expect(throws: PostgresError.self, "the owner: \(sql)") {
                        try await world.database.withPool { try await $0.query(statement) }
                    }
                }
            }
            for sql in [
                "SELECT main.audit_table('leads', 'Lead', 'NULL', 'r.id', '{}', '{}', '{}', 'true', 'INSERT')",
                "UPDATE main.audit_chains SET sequence = 0", "DELETE FROM main.audit_checkpoints",
            ] {
                await #expect(throws: PostgresError.self, "the service: \(sql)") {
                    try await world.pool.query(PostgresStatement(sql, prepared: false), settings: everyone)
                }
            }
            try await world.chain()
            #expect(try await world.findings() == [])
        }
    }
}

private enum TenantScopes {
    static let all = [PostgresSetting("app.tenant_id", "*"), PostgresSetting("app.audit_maintenance", "on")]
}
