package import JSONCoding
import PostgresTestSupport
import Primitives
import TestSupport

/// The steps that many tests begin with.
extension TestStack {
    /// A name that nobody else has: ten letters and digits, good as a tenant's key.
    package static func uniqueKey() -> String { "t" + SecureRandom.hex(bytes: 4) }

    /// The body of `POST /tenants`.
    package static func tenantBody(key: String = uniqueKey()) -> JSONObject {
        [
            "name": .string("Tenant \(key)"), "key": .string(key), "domains": [.string("\(key).example.com")],
            "contact": [
                "firstName": "Ann", "lastName": "Lee", "email": .string("ann@\(key).example.com"), "isPrimary": true,
            ],
            "address": "1 Main Street", "city": "Springfield", "country": "India",
        ]
    }

    /// Creates a tenant as an operator.
    /// - Returns: Its JSON.
    package func createTenant(key: String = uniqueKey()) async throws -> JSONValue {
        try await tenantManagement.post("/tenants", .object(Self.tenantBody(key: key)), token: admin).expect(201).json
    }

    /// Creates a tenant as an operator, and waits until it can subscribe if the stack has a subscription service.
    /// - Returns: Its id.
    package func createTenantID(key: String = uniqueKey()) async throws -> String {
        guard let id = try await createTenant(key: key)["id"]?.stringValue else {
            throw TestFailure("a tenant without id")
        }
        if node(.subscription) != nil { try await awaitAnnouncement(ofTenant: id) }
        return id
    }

    /// A key of a tenant, by default with every permission, which all services of the stack accept.
    package func apiKey(
        ofTenant tenant: String, permissions: [String] = TestTokens.allPermissions
    ) async throws -> String {
        let body: JSONValue = [
            "name": "A key of a test", "audience": "tenant", "tenantId": .string(tenant),
            "permissions": .array(permissions.map { .string($0) }),
        ]
        let key = try await tenantManagement.post("/api-keys", body, token: admin).expect(201).string("key")
        guard node(.subscription) != nil else { return key }
        try await eventually("the subscription service knows the key") {
            try await subscription.get("/plans", token: key).status == 200
        }
        return key
    }

    /// Waits until the subscription service knows a tenant. A request to subscribe waits for a second only, which may be too
    /// short on a loaded machine.
    package func awaitAnnouncement(ofTenant id: String) async throws {
        try await eventually("the subscription service knows the tenant") {
            try await database(.subscription).count(
                "SELECT count(*) FROM main.known_tenants WHERE tenant_id = '\(id)'") == 1
        }
    }

    /// Gives a tenant a mail domain by the word of an operator.
    package func holdDomain(_ domain: String, tenant: String) async throws {
        let path = "/tenants/\(tenant)/domains"
        try await tenantManagement.post(path, ["domain": .string(domain)], token: admin).expect(201)
        try await tenantManagement.post("\(path)/\(domain)/approve", token: admin).expect(200)
    }

    /// The body of `POST /leads`.
    package static func leadBody(_ name: String) -> JSONObject {
        [
            "firstName": "Ann", "lastName": "Lee", "companyName": .string("\(name) Ltd"),
            "email": .string("ann@\(name).example.com"),
        ]
    }

    /// Registers a lead and proves its address with the key from the mail.
    /// - Returns: The lead's id and token.
    package func validatedLead(_ name: String, body: JSONObject? = nil) async throws -> (id: String, token: String) {
        let lead = try await tenantManagement.post("/leads", .object(body ?? Self.leadBody(name))).expect(201).string(
            "id")
        let key = try await mails.key(ofLead: lead)
        let verified = try await tenantManagement.post("/leads/\(lead)/verify", token: key).expect(200)
        return (lead, try verified.string("token"))
    }

    /// The status of a tenant as an operator sees it.
    package func status(ofTenant id: String) async throws -> Int? {
        try await tenantManagement.get("/tenants/\(id)", token: admin).expect(200).json["status"]?.intValue
    }

    /// The id of a seeded plan of a tier.
    package func plan(tier: String) async throws -> String {
        let filter: JSONValue = ["where": ["tier": .string(tier)]]
        let plans = try await subscription.get("/plans?\(filter.parameter())", token: admin).expect(200)
        guard let id = plans.json[0]?["id"]?.stringValue else { throw TestFailure("no plan of tier \(tier)") }
        return id
    }
}
