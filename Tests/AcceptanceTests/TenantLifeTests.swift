import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import TestSupport
import Testing

/// The whole life of a tenant with all services, on every bus: sign-up, subscription, provisioning, a move, and off-boarding.
@Suite struct TenantLifeTests {
    @Test(arguments: TestBusSettings.allCases)
    func `a prospect becomes a tenant that is moved and off-boarded, whatever the bus`(
        _ bus: TestBusSettings
    ) async throws {
        try await TestStack.run(environment: try await bus.make()) { stack in
            let life = try await TenantLife.begin(stack)
            try await life.subscribe()
            try await life.moveIntoDatabase()
            try await life.leave(after: 3)
            try await life.checkRemoval()
        }
    }
}

/// A tenant from its first mail to its certificate.
private struct TenantLife {
    let stack: TestStack
    let key: String
    let tenant: String
    let subscription: String

    private var path: String { "/tenants/\(tenant)" }

    /// Registers a prospect, makes it a tenant, and stores a subscription that is not active yet.
    static func begin(_ stack: TestStack) async throws -> TenantLife {
        let key = TestStack.uniqueKey()
        var registration = TestStack.leadBody(key)
        registration["address"] = ["address": "1 Main Street", "city": "Springfield", "country": "India"]
        let (lead, token) = try await stack.validatedLead(key, body: registration)
        let tenant = try await stack.tenantManagement.post(
            "/leads/\(lead)/tenants", ["key": .string(key), "domains": [.string("\(key).example.com")]], token: token
        ).expect(201).string("id")
        try await stack.awaitAnnouncement(ofTenant: tenant)
        let plan = try await stack.plan(tier: "STANDARD")
        let subscription = try await stack.subscription.post(
            "/subscriptions", ["subscriberId": .string(tenant), "planId": .string(plan), "status": 0],
            token: stack.admin
        ).expect(201).string("id")
        return TenantLife(stack: stack, key: key, tenant: tenant, subscription: subscription)
    }

    func subscribe() async throws {
        try await stack.subscription.patch("/subscriptions/\(subscription)", ["status": 1], token: stack.admin)
            .expect(204)
        try await eventually("the tenant is ACTIVE") { try await stack.status(ofTenant: tenant) == 0 }
        #expect(try await resources() == ["postgres-schema"])
        let welcome = try await stack.mails.mail(containing: "\(key) Ltd is ready")
        #expect(welcome.contains("http://\(key).localhost"))
        try await stack.database(.application).withPool(user: "tenant_\(key)") { pool in
            try await pool.execute("CREATE TABLE tenant_\(key).orders AS SELECT 42 AS id")
        }
    }

    func moveIntoDatabase() async throws {
        try await stack.tenantManagement.post(
            "\(path)/move", ["target": "silo", "reason": "It has grown"], token: stack.admin
        ).expect(202)
        try await eventually("the tenant has a database of its own") {
            try await resources() == ["postgres-database"]
        }
        try await stack.tenantManagement.post("\(path)/move/confirm", token: stack.admin).expect(204)
        let application = try stack.database(.application)
        try await eventually("the old copy is gone") {
            try await application.count("SELECT count(*) FROM pg_namespace WHERE nspname = 'tenant_\(key)'") == 0
        }
        var database = application.configuration(user: "tenant_\(key)")
        database.database = "tenant_\(key)"
        let order = try await withPool(database) { try await $0.count("SELECT id FROM tenant_\(key).orders") }
        #expect(order == 42)
    }

    /// Off-boards the tenant, whose grace period is over at once.
    func leave(after graceDays: Int) async throws {
        let requested = try await stack.tenantManagement.post(
            "\(path)/deprovision", ["reason": "The contract has ended", "graceDays": .integer(graceDays)],
            token: stack.admin
        ).expect(202)
        #expect(requested.json["state"] == "SCHEDULED")
        #expect(try await stack.status(ofTenant: tenant) == 0)
        #expect(try await resources() == ["postgres-database"])
        try await stack.tenantManagement.get("\(path)/deprovision/certificate", token: stack.admin).expect(404)
        try await stack.database(.tenantManagement).query(
            "UPDATE main.offboardings SET due_at = now() WHERE tenant_id = $1::uuid", [.text(tenant)])
        try await eventually("the tenant is off-boarded") {
            try await stack.tenantManagement.get("\(path)/deprovision", token: stack.admin).json["state"] == "DONE"
        }
    }

    func checkRemoval() async throws {
        #expect(try await stack.status(ofTenant: tenant) == 5)
        #expect(try await resources() == [])
        let left = try await stack.database(.application).count(
            """
            SELECT (SELECT count(*) FROM pg_database WHERE datname = 'tenant_\(key)')
                + (SELECT count(*) FROM pg_namespace WHERE nspname = 'tenant_\(key)')
                + (SELECT count(*) FROM pg_roles WHERE rolname = 'tenant_\(key)')
            """)
        #expect(left == 0)
        let control = try stack.database(.orchestrator)
        for table in ["tenant_placements", "tenant_credentials"] {
            #expect(try await control.count("SELECT count(*) FROM main.\(table)") == 0, "\(table)")
        }
        let certificate = try await stack.tenantManagement.get(
            "\(path)/deprovision/certificate", token: stack.admin
        ).expect(200)
        #expect(certificate.json["tenantId"] == .string(tenant))
        let removed = certificate.json["removedResources"]?.arrayValue ?? []
        #expect(removed.compactMap { $0["type"]?.stringValue } == ["postgres-database"])
        try await eventually("the subscription is canceled") {
            try await stack.subscription.get("/subscriptions/\(subscription)", token: stack.admin)
                .json["status"] == 3
        }
        let runs = try await stack.tenantManagement.get("\(path)/provisioning", token: stack.admin).expect(200)
        #expect(runs.json.arrayValue?.map { $0["kind"]?.intValue } == [1, 2, 0])
        #expect(runs.json.arrayValue?.allSatisfy { $0["state"] == "SUCCEEDED" } == true)
    }

    private func resources() async throws -> [String] {
        try await stack.database(.tenantManagement).texts(
            "SELECT type FROM main.resources WHERE tenant_id = $1::uuid AND NOT deleted ORDER BY 1", [.text(tenant)])
    }
}
