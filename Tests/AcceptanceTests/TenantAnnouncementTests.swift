import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

/// The subscription service learns from tenant management which tenants exist.
@Suite struct TenantAnnouncementTests {
    private static func subscribe(_ tenant: String, _ stack: TestStack) async throws -> TestResponse {
        try await stack.subscription.post(
            "/subscriptions",
            ["subscriberId": .string(tenant), "planId": .string(try await stack.plan(tier: "STANDARD")), "status": 0],
            token: stack.admin)
    }

    private static func awaitList(_ stack: TestStack) async throws {
        try await eventually("the subscription service knows all tenants") {
            try await stack.database(.subscription).count("SELECT count(*) FROM main.tenant_list WHERE is_complete")
                == 1
        }
    }

    @Test(arguments: ["true", "false"])
    func `a new tenant can subscribe at once, and one that never existed cannot`(provisionOnCreate: String) async throws
    {
        try await TestStack.run(
            [.tenantManagement, .subscription], environment: ["PROVISION_ON_CREATE": provisionOnCreate]
        ) { stack in
            try await Self.awaitList(stack)
            for _ in 0..<5 {
                let tenant = try #require(try await stack.createTenant()["id"]?.stringValue)
                try await Self.subscribe(tenant, stack).expect(201)
            }
            let name = TestStack.uniqueKey()
            let lead = try await stack.validatedLead(name)
            let fromLead = try await stack.tenantManagement.post(
                "/leads/\(lead.id)/tenants", ["domains": [.string("\(name).example.com")]], token: lead.token
            ).expect(201).string("id")
            try await Self.subscribe(fromLead, stack).expect(201)
            let refused = try await Self.subscribe(Identifier.v4().description, stack).expect(409)
            #expect(refused.errorCode == "TENANT_UNKNOWN")
        }
    }

    @Test func `a new tenant publishes one event`() async throws {
        for (provisionOnCreate, type) in [("true", "TENANT_PROVISIONING"), ("false", "TENANT_CREATED")] {
            try await TestStack.run(
                [.tenantManagement], environment: ["PROVISION_ON_CREATE": provisionOnCreate]
            ) { stack in
                let tenant = try await stack.createTenantID()
                #expect(
                    try await stack.database(.tenantManagement).texts(
                        "SELECT type FROM main.outbox WHERE tenant_id = $1::uuid", [.text(tenant)]) == [type])
            }
        }
    }

    @Test func `tenants that nobody has announced are announced by a command`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            try await Self.awaitList(stack)
            let database = try stack.database(.tenantManagement)
            let tenant = try await database.texts(
                """
                INSERT INTO main.tenants (id, name, key, domains, status)
                VALUES (gen_random_uuid(), 'Imported', 'imported', '{}', 0) RETURNING id::text
                """)[0]
            #expect(try await Self.subscribe(tenant, stack).expect(409).errorCode == "TENANT_UNKNOWN")
            let outcome = try await ArcCommand.run(
                ["events", "announce-tenants"],
                environment: [
                    "DB_HOST": database.server.host, "DB_PORT": database.server.port, "DB_SSLMODE": "disable",
                    "DB_DATABASE": database.name, "DB_USER": database.server.user,
                ])
            #expect(outcome.status == 0 && outcome.output == "1 tenant was announced\n", "\(outcome.errors)")
            try await stack.awaitAnnouncement(ofTenant: tenant)
            try await Self.subscribe(tenant, stack).expect(201)
        }
    }

    @Test func `the list is published in parts, and the last one says that it is complete`() async throws {
        try await TestDatabase.with(.tenantManagement) { database in
            // As the migration has left it: a list without tenants.
            let parts = """
                SELECT concat_ws(' ', json_array_length(data->'tenants'), data->>'isComplete', tenant_id)
                FROM main.outbox WHERE type = 'TENANTS_LISTED' ORDER BY position
                """
            let lane = "00000000-0000-0000-0000-000000000001"
            #expect(try await database.texts(parts) == ["0 true \(lane)"])
            try await database.query(
                """
                INSERT INTO main.tenants (id, name, key, domains, status, deleted)
                SELECT gen_random_uuid(), 'T', 'k' || number, '{}', number % 6, number % 7 = 0
                FROM generate_series(1, 2500) AS number
                """)
            #expect(try await database.count("SELECT main.announce_tenants()") == 2500)
            #expect(
                try await database.texts(parts).dropFirst() == [
                    "1000 false \(lane)", "1000 false \(lane)", "500 true \(lane)",
                ])
            let wrong = try await database.count(
                """
                SELECT count(*) FROM main.tenants AS tenant LEFT JOIN (
                    SELECT listed FROM main.outbox, json_array_elements(data->'tenants') AS listed
                    WHERE type = 'TENANTS_LISTED') AS entry ON (listed->>'id')::uuid = tenant.id
                WHERE (listed->>'isBlocked')::boolean IS DISTINCT FROM (tenant.deleted OR tenant.status IN (4, 5))
                    OR (listed->>'version')::bigint IS DISTINCT FROM tenant.row_version
                """)
            #expect(wrong == 0)
        }
    }
}
