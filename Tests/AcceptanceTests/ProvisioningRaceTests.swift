import Entities
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

@testable import TenantManagement

/// Callbacks, the watchdog and operators at the same tenant at the same time.
@Suite struct ProvisioningRaceTests {
    private let waiting = ["PROVISION_ON_CREATE": "false"]

    /// Waits until some session of the database waits for a lock.
    private func untilSomebodyWaits(_ database: TestDatabase) async throws {
        try await eventually("somebody waits for the lock") {
            try await database.count(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
                > 0
        }
    }

    @Test func `a callback closes the provisioning that has signed it and no later one`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let webhook = try await TestWebhook.begin(stack)
            let database = try stack.database(.tenantManagement)
            let tenant = try #require(Identifier(webhook.tenant))
            let second = Identifier.v4()
            // The callback is verified, then waits for the tenant's row; meanwhile its provisioning is given up and an
            // operator starts another one.
            let sending = try await database.withPool { pool in
                try await pool.withTransaction { transaction in
                    _ = try await transaction.query(
                        "SELECT 1 FROM main.tenants WHERE id = $1 FOR UPDATE", [.identifier(tenant)])
                    let sending = Task { try await webhook.send().status }
                    try await untilSomebodyWaits(database)
                    _ = try await transaction.query(
                        "UPDATE main.provisionings SET status = 2, completed_on = now() WHERE tenant_id = $1",
                        [.identifier(tenant)])
                    _ = try await transaction.query(
                        """
                        INSERT INTO main.provisionings (id, tenant_id, subscription_id, requested_on, expires_on)
                        VALUES ($1, $2, 's2', now(), now() + interval '1 day')
                        """, [.identifier(second), .identifier(tenant)])
                    return sending
                }
            }
            #expect(try await sending.value == 401)
            #expect(try await webhook.status() == 2, "the second provisioning goes on")
            #expect(
                try await database.texts(
                    "SELECT status::text FROM main.provisionings WHERE id = $1", [.identifier(second)]) == ["0"])
            #expect(try await webhook.resources().isEmpty)
            #expect(
                try await database.count(
                    "SELECT count(*) FROM main.outbox WHERE type = 'TENANT_PROVISIONING_SUCCESS'") == 0)
        }
    }

    @Test func `the watchdog leaves a tenant that somebody has locked to its next round`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let webhook = try await TestWebhook.begin(stack)
            let tenant = try #require(Identifier(webhook.tenant))
            let database = try stack.database(.tenantManagement)
            try await database.query("UPDATE main.provisionings SET expires_on = now() - interval '1 hour'")
            try await database.withPool { pool in
                let repository = ProvisioningRepository(pool: pool, systemUser: SystemUser(identifier: nil))
                let now = SystemClock().now()
                try await pool.withTransaction { transaction in
                    _ = try await transaction.query(
                        "SELECT 1 FROM main.tenants WHERE id = $1 FOR UPDATE", [.identifier(tenant)])
                    #expect(try await repository.expire(now: now, limit: 10).isEmpty)
                }
                let expired = try await repository.expire(now: now, limit: 10)
                #expect(expired.map(\.id) == [tenant])
                #expect(try await repository.expire(now: now, limit: 10).isEmpty)
            }
            #expect(
                try await database.texts(
                    "SELECT t.status || ' ' || p.status FROM main.tenants t JOIN main.provisionings p ON p.tenant_id = t.id"
                )
                    == ["3 2"])
        }
    }

    @Test func `an activation that finds its provisioning running is marked as handled`() async throws {
        try await TestStack.run([.tenantManagement, .subscription], environment: waiting) { stack in
            let tenant = try await stack.createTenantID()
            let subscription = try await stack.subscription.post(
                "/subscriptions",
                [
                    "subscriberId": .string(tenant), "planId": .string(try await stack.plan(tier: "STANDARD")),
                    "status": 1,
                ],
                token: stack.admin
            ).expect(201).string("id")
            let database = try stack.database(.tenantManagement)
            // Other groups of the service mark their events, too.
            let handled: [PostgresValue] = [.text(SubscriptionActivatedConsumer.group)]
            try await eventually("the first activation is handled") {
                try await database.count("SELECT count(*) FROM main.inbox WHERE consumer = $1", handled) == 1
            }
            // The cached tenant is replaced right after the commit that the inbox shows.
            try await eventually("the tenant is being provisioned") { try await stack.status(ofTenant: tenant) == 2 }
            let path = "/subscriptions/\(subscription)"
            try await stack.subscription.patch(path, ["status": 2], token: stack.admin).expect(204)
            try await stack.subscription.patch(path, ["status": 1], token: stack.admin).expect(204)
            try await eventually("the second activation is handled") {
                try await database.count("SELECT count(*) FROM main.inbox WHERE consumer = $1", handled) == 2
            }
            #expect(try await database.count("SELECT count(*) FROM main.provisionings") == 1)
        }
    }

    @Test func `the event of a callback continues the callback's trace`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let webhook = try await TestWebhook.begin(stack)
            let bytes = webhook.body().serialized()
            let timestamp = TestWebhook.now()
            let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            try await stack.tenantManagement.send(
                "POST", "/webhook", bytes: bytes,
                headers: [
                    "x-timestamp": timestamp, "x-signature": webhook.signature(bytes, timestamp: timestamp),
                    "traceparent": trace,
                ]
            ).expect(204)
            #expect(
                try await stack.database(.tenantManagement).texts(
                    "SELECT traceparent FROM main.outbox WHERE type = 'TENANT_PROVISIONING_SUCCESS'") == [trace])
        }
    }

    @Test func `a lead's tenant is answered with everything that came with it`() async throws {
        try await TestStack.run([.tenantManagement], environment: waiting) { stack in
            let key = TestStack.uniqueKey()
            var lead = TestStack.leadBody(key)
            lead["address"] = ["address": "1 Main Street", "country": "India"]
            let (id, token) = try await stack.validatedLead(key, body: lead)
            let created = try await stack.tenantManagement.post(
                "/leads/\(id)/tenants", ["key": .string(key), "domains": [.string("\(key).example.com")]], token: token
            ).expect(201)
            let include: JSONValue = ["include": ["contacts", "resources", "lead", "address"]]
            let read = try await stack.tenantManagement.get(
                "/tenants/\(try created.string("id"))?\(include.parameter())", token: stack.admin
            ).expect(200)
            #expect(created.json == read.json)
            #expect(created.json["lead"]?["id"]?.stringValue == id && created.headers["etag"] == "\"1\"")
        }
    }
}
