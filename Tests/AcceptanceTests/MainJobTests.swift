import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

/// The job of the whole product, over HTTP: a prospect becomes a paying, provisioned tenant.
@Suite struct MainJobTests {
    @Test func `a prospect becomes a paying provisioned tenant`() async throws {
        try await TestStack.run { stack in
            let key = TestStack.uniqueKey()
            var registration = TestStack.leadBody(key)
            registration["address"] = ["address": "1 Main Street", "city": "Springfield", "country": "India"]
            let (lead, token) = try await stack.validatedLead(key, body: registration)

            let created = try await stack.tenantManagement.post(
                "/leads/\(lead)/tenants", ["key": .string(key), "domains": [.string("\(key).example.com")]],
                token: token
            ).expect(201)
            let tenant = try created.string("id")
            #expect(created.json["status"] == 1, "it waits for its subscription")
            #expect(created.json["name"]?.stringValue == "\(key) Ltd")

            try await stack.awaitAnnouncement(ofTenant: tenant)
            let plan = try await stack.plan(tier: "STANDARD")
            let subscribed = try await stack.subscription.post(
                "/subscriptions", ["subscriberId": .string(tenant), "planId": .string(plan), "status": 0],
                token: stack.admin
            ).expect(201)
            let subscription = try subscribed.string("id")
            try await eventually("every event is handled") {
                let pending = try await stack.database(.subscription).count(
                    "SELECT count(*) FROM main.outbox WHERE state = 0")
                return try await stack.database(.messageBus).count("SELECT count(*) FROM main.deliveries") + pending
                    == 0
            }
            #expect(try await stack.status(ofTenant: tenant) == 1, "a pending subscription provisions nothing")

            try await stack.subscription.patch("/subscriptions/\(subscription)", ["status": 1], token: stack.admin)
                .expect(204)
            try await eventually("the tenant is ACTIVE") { try await stack.status(ofTenant: tenant) == 0 }

            try await checkResources(of: tenant, key: key, in: stack)
            try await checkIsolation(key, in: stack)
            let welcome = try await stack.mails.mail(containing: "\(key) Ltd is ready")
            #expect(welcome.contains("http://\(key).localhost"))
        }
    }

    private func checkResources(of tenant: String, key: String, in stack: TestStack) async throws {
        let filter: JSONValue = ["include": ["contacts", "resources", "address", "lead"]]
        let shown = try await stack.tenantManagement.get("/tenants/\(tenant)?\(filter.parameter())", token: stack.admin)
            .expect(200).json
        #expect(shown["contacts"]?.arrayValue?.count == 1)
        #expect(shown["contacts"]?[0]?["isPrimary"] == true)
        #expect(shown["address"]?["country"] == "India")
        #expect(shown["lead"]?["isValidated"] == true)
        let resources = try #require(shown["resources"]?.arrayValue)
        #expect(resources.count == 1)
        #expect(resources[0]["type"] == "postgres-schema")
        #expect(resources[0]["metadata"]?["schema"]?.stringValue == "tenant_\(key)")
    }

    /// What the orchestrator says it has made is really there, and is the tenant's alone.
    private func checkIsolation(_ key: String, in stack: TestStack) async throws {
        let application = try stack.database(.application)
        #expect(
            try await application.count(
                "SELECT count(*) FROM pg_namespace WHERE nspname = $1", [.text("tenant_\(key)")]) == 1)
        try await application.query("CREATE SCHEMA other")
        try await application.query("CREATE TABLE other.secrets (id int)")
        try await application.withPool(user: "tenant_\(key)") { pool in
            _ = try await pool.query(PostgresStatement("CREATE TABLE tenant_\(key).own (id int)"))
            let rows = try await pool.query(PostgresStatement("SELECT count(*) FROM tenant_\(key).own"))
            #expect(try rows.first?.int64(0) == 0)
            await #expect(throws: PostgresError.self) { try await pool.query("SELECT * FROM other.secrets") }
            await #expect(throws: PostgresError.self) { try await pool.query("CREATE TABLE public.mine (id int)") }
        }
        let own = try stack.database(.tenantManagement)
        #expect(
            try await own.texts(
                "SELECT has_table_privilege($1, 'main.tenants', 'SELECT')::text", [.text("tenant_\(key)")])
                == ["false"])
    }

    @Test func `a tenant of the silo tier gets its own database`() async throws {
        try await TestStack.run([.tenantManagement, .orchestrator]) { stack in
            let key = TestStack.uniqueKey()
            var body = TestStack.tenantBody(key: key)
            body["tier"] = "PREMIUM"
            let tenant = try await stack.tenantManagement.post("/tenants", .object(body), token: stack.admin)
                .expect(201).string("id")
            try await eventually("the tenant is ACTIVE") { try await stack.status(ofTenant: tenant) == 0 }
            let application = try stack.database(.application)
            #expect(
                try await application.count(
                    "SELECT count(*) FROM pg_database WHERE datname = $1", [.text("tenant_\(key)")]) == 1)
            #expect(
                try await application.texts(
                    "SELECT has_database_privilege('public', $1::text, 'CONNECT')::text", [.text("tenant_\(key)")]) == [
                        "false"
                    ])
        }
    }

    @Test func `an unknown tier fails the provisioning instead of leaving it pending`() async throws {
        try await TestStack.run([.tenantManagement, .orchestrator]) { stack in
            var body = TestStack.tenantBody()
            body["tier"] = "NOBODYHASIT"
            let tenant = try await stack.tenantManagement.post("/tenants", .object(body), token: stack.admin)
                .expect(201).string("id")
            try await eventually("the tenant is PROVISIONFAILED") { try await stack.status(ofTenant: tenant) == 3 }
        }
    }

    @Test func `an operator creates a tenant in one transaction`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let key = TestStack.uniqueKey()
            let created = try await stack.tenantManagement.post(
                "/tenants", .object(TestStack.tenantBody(key: key)), token: stack.admin
            ).expect(201)
            let id = try created.string("id")
            #expect(created.headers["location"] == "/tenants/\(id)")
            #expect(created.json["status"] == 2)
            #expect(created.json["contacts"]?[0]?["email"]?.stringValue == "ann@\(key).example.com")
            #expect(created.json["address"]?["country"] == "India")
            let database = try stack.database(.tenantManagement)
            let event = try await database.texts(
                "SELECT data::text FROM main.outbox WHERE type = 'TENANT_PROVISIONING' AND tenant_id = $1::uuid",
                [.text(id)])
            #expect(event.count == 1)
            let data = try JSONValue.parse(Array(event[0].utf8))
            #expect(data["tenant"]?["status"] == 1, "the status before the change (contract 9.3)")
            #expect(data["tenant"]?["key"]?.stringValue == key)
            #expect(data["subscription"]?["plan"]?["tier"] == "BASIC")
            #expect(data["context"]?.stringValue?.count == 36)
            #expect(data["secret"]?.stringValue?.count ?? 0 > 32, "sealed at rest")
        }
    }

    @Test func `a refused creation leaves nothing behind`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let key = TestStack.uniqueKey()
            _ = try await stack.createTenant(key: key)
            let refused = try await stack.tenantManagement.post(
                "/tenants", .object(TestStack.tenantBody(key: key)), token: stack.admin
            ).expect(409)
            #expect(refused.message == "Unique constraint violation error ! Key (key)=(\(key)) already exists.")
            let database = try stack.database(.tenantManagement)
            let events = "outbox WHERE type <> 'TENANTS_LISTED'"
            for table in ["tenants", "contacts", "addresses", "provisionings", events] {
                #expect(try await database.count("SELECT count(*) FROM main.\(table)") == 1, "\(table)")
            }
        }
    }

    @Test func `generated keys are unique under concurrency`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            var body = TestStack.tenantBody()
            body["key"] = nil
            body["name"] = "One Name For All"
            let request = JSONValue.object(body)
            let keys = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<24 {
                    group.addTask {
                        try await stack.tenantManagement.post("/tenants", request, token: stack.admin).expect(201)
                            .string("key")
                    }
                }
                return try await group.reduce(into: [String]()) { $0.append($1) }
            }
            #expect(Set(keys).count == 24)
            #expect(keys.allSatisfy { $0.count <= 10 && $0.allSatisfy { $0.isLowercase || $0.isNumber } })
        }
    }
}
