import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport

/// Two tenants, A and B, with rows of every kind: A asks for what is B's.
struct TwoTenants: Sendable {
    let stack: TestStack
    /// A's id, and a token of A's user with every permission.
    let own: String
    let token: String
    /// B's id and key, and the ids of B's rows by path.
    let other: String
    let otherKey: String
    let otherRows: [String: String]
    let ownRows: [String: String]

    static func make(_ stack: TestStack) async throws -> TwoTenants {
        let (a, ownKey) = try await tenant(stack)
        let (b, otherKey) = try await tenant(stack)
        return TwoTenants(
            stack: stack, own: a, token: try await stack.tokens.userToken(tenant: a), other: b, otherKey: otherKey,
            otherRows: try await rows(of: b, otherKey, stack), ownRows: try await rows(of: a, ownKey, stack))
    }

    /// A tenant that came from a lead, so that it has everything that a tenant can have.
    private static func tenant(_ stack: TestStack) async throws -> (id: String, key: String) {
        let key = TestStack.uniqueKey()
        var lead = TestStack.leadBody(key)
        lead["address"] = ["address": .string("Street of \(key)"), "country": "India"]
        let (id, token) = try await stack.validatedLead(key, body: lead)
        let tenant = try await stack.tenantManagement.post(
            "/leads/\(id)/tenants", ["key": .string(key), "domains": [.string("\(key).example.com")]], token: token
        ).expect(201).string("id")
        try await stack.awaitAnnouncement(ofTenant: tenant)
        return (tenant, key)
    }

    private static func rows(of tenant: String, _ key: String, _ stack: TestStack) async throws -> [String: String] {
        func create(_ client: TestHTTPClient, _ path: String, _ body: JSONValue) async throws -> String {
            try await client.post(path, body, token: stack.admin).expect(201).string("id")
        }
        let management = stack.tenantManagement
        let plan = try await stack.plan(tier: "STANDARD")
        let shown = try await management.get("/tenants/\(tenant)", token: stack.admin).expect(200)
        return [
            "/tenants": tenant, "/leads": try shown.string("leadId"),
            "/contacts": try await create(
                management, "/contacts",
                [
                    "firstName": .string(key), "lastName": "x", "email": .string("x@\(key).example.com"),
                    "isPrimary": false, "tenantId": .string(tenant),
                ]),
            "/invoices": try await create(
                management, "/invoices",
                [
                    "startDate": "2026-01-01", "endDate": "2026-01-31", "dueDate": "2026-02-15", "amount": 100,
                    "currencyCode": "USD", "status": 0, "tenantId": .string(tenant),
                ]),
            "/tenant-configs": try await create(
                management, "/tenant-configs",
                ["configKey": "auth0", "configValue": ["secretOf": .string(key)], "tenantId": .string(tenant)]),
            "/subscriptions": try await create(
                stack.subscription, "/subscriptions",
                ["subscriberId": .string(tenant), "planId": .string(plan), "status": 0]),
        ]
    }

    func client(_ path: String) -> TestHTTPClient {
        path == "/subscriptions" ? stack.subscription : stack.tenantManagement
    }

    /// Everything of B in the databases, as one text.
    func state() async throws -> [String] {
        let management = try stack.database(.tenantManagement)
        var state: [String] = []
        for table in ["contacts", "invoices", "tenant_mgmt_configs", "resources", "provisionings"] {
            state += try await management.texts(
                "SELECT t::text FROM main.\(table) AS t WHERE tenant_id = $1::uuid ORDER BY 1", [.text(other)])
        }
        state += try await management.texts(
            "SELECT t::text FROM main.tenants AS t WHERE id = $1::uuid", [.text(other)])
        state += try await management.texts(
            "SELECT l::text FROM main.leads AS l WHERE id = $1::uuid", [.text(otherRows["/leads"] ?? "")])
        let subscription = try stack.database(.subscription)
        for table in ["subscriptions WHERE subscriber_id", "invoice WHERE tenant_id"] {
            let parts = table.split(separator: " ", maxSplits: 1)
            state += try await subscription.texts(
                "SELECT t::text FROM main.\(parts[0]) AS t \(parts[1]) = $1::uuid ORDER BY 1", [.text(other)])
        }
        return state
    }

    /// Whether a response reveals something of B that A did not name itself.
    func reveals(_ answer: TestResponse, besides said: String = "") -> Bool {
        let secrets = [otherKey, other] + otherRows.values
        return secrets.contains { answer.text.contains($0) && !said.contains($0) }
    }
}
