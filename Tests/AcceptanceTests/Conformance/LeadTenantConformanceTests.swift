import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

/// 12.4: a lead becomes a tenant.
@Suite struct LeadTenantConformanceTests {
    @Test func `tenants of leads pass the original's cases`() async throws {
        try await Conformance.run(Self.refused + Self.accepted, [.tenantManagement])
    }

    private static func post(
        _ world: Conformance, _ lead: String, _ body: JSONObject? = nil, token: String
    ) async throws -> TestResponse {
        try await world.stack.tenantManagement.post(
            "/leads/\(lead)/tenants", body.map { .object($0) }, token: token)
    }

    private static var withAddress: JSONObject {
        var lead = Conformance.lead
        lead["address"] = .object(Conformance.address)
        return lead
    }

    private static let refused: [Conformance.Row] = [
        .init("12.4 invalid token, no body") { world in
            let (id, _) = try await world.register()
            try await post(world, id, token: "invalid-token").expect(401)
        },
        .init("12.4 lead gone, its key as bearer") { world in
            let (id, key) = try await world.register()
            try await world.stack.database(.tenantManagement).query("DELETE FROM main.leads")
            try await post(world, id, token: key).expect(401)
        },
        .init("12.4 token of another id, no body") { world in
            try await post(world, "id", token: try await Conformance.token()).expect(401)
            let (id, _) = try await world.register()
            try await post(world, id, token: try await Conformance.token()).expect(401)
        },
        .init("12.4 lead has a tenant already, no body") { world in
            let (id, token) = try await world.verified()
            try await post(world, id, Conformance.leadOnboarding, token: token).expect(201)
            try await post(world, id, token: token).expect(401)
        },
        .init("12.4 lead is not validated any more") { world in
            let (id, token) = try await world.verified()
            try await world.stack.database(.tenantManagement).query("UPDATE main.leads SET is_validated = false")
            try await post(world, id, Conformance.leadOnboarding, token: token).expect(401)
        },
        .init("12.4 lead's address differs from the DTO's") { world in
            let (id, token) = try await world.verified(withAddress)
            var body = Conformance.leadOnboarding
            body["city"] = "other-city"
            let answer = try await post(world, id, body, token: token).expect(400)
            try require(answer.message == "Address mismatch with Lead", answer.text)
        },
        .init("12.4 domains: ['invalid-domain.com']") { world in
            let (id, token) = try await world.verified()
            var body = Conformance.leadOnboarding
            body["domains"] = ["invalid-domain.com"]
            let answer = try await post(world, id, body, token: token).expect(400)
            try require(answer.message == "Contact email domain does not match tenant domains", answer.text)
            let tenants = try await world.stack.database(.tenantManagement).count("SELECT count(*) FROM main.tenants")
            try require(tenants == 0, "\(tenants) tenants")
        },
    ]

    // Compatibility "creates": 201 instead of 200.
    private static let accepted: [Conformance.Row] = [
        .init("12.4 register, verify, onboard") { world in
            let (id, token) = try await world.verified()
            let answer = try await post(world, id, Conformance.leadOnboarding, token: token).expect(201)
            try answer.json.require(["name": "test-name", "key": "testkey", "domains": ["contact.com"]])
        },
        .init("12.4 the tenant has leadId, one contact, the DTO's address") { world in
            let (id, token) = try await world.verified()
            let tenant = try await post(world, id, Conformance.leadOnboarding, token: token).expect(201).string("id")
            let filter: JSONValue = ["include": ["contacts", "address"]]
            // Compatibility "include": reading contacts takes the permission to view them.
            let shown = try await world.stack.tenantManagement.get(
                "/tenants/\(tenant)?\(filter.parameter())", token: try await Conformance.token(["10207", "10211"])
            ).expect(200).json
            try shown.require(["leadId": .string(id)])
            try require(shown["contacts"]?.arrayValue?.count == 1, "\(shown)")
            try (shown["address"] ?? .null).require(Conformance.address)
        },
        .init("12.4 lead registered with the same address") { world in
            let (id, token) = try await world.verified(withAddress)
            let tenant = try await post(world, id, Conformance.leadOnboarding, token: token).expect(201).json
            let lead = try await world.stack.tenantManagement.get(
                "/leads/\(id)", token: try await Conformance.token(["10203"])
            ).expect(200).json
            try require(tenant["addressId"]?.stringValue != nil && tenant["addressId"] == lead["addressId"], "")
        },
        .init("12.4 only {key, domains}") { world in
            let (id, token) = try await world.verified()
            let body: JSONObject = ["key": "testkey", "domains": ["contact.com"]]
            let tenant = try await post(world, id, body, token: token).expect(201).json
            try tenant.require(["name": "test-company"])
            try require(tenant["contacts"]?.arrayValue?.count == 1, "\(tenant)")
        },
    ]
}
