import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

/// `POST /leads/{id}/tenants` (docs/contract/arc-api.md 12.4).
@Suite struct LeadTenantTests {
    @Test func `only a validated lead becomes a tenant, with its own token`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let name = TestStack.uniqueKey()
            let (lead, token) = try await stack.validatedLead(name)
            try await client.post("/leads/\(lead)/tenants", token: "invalid-token").expect(401)
            try await client.post("/leads/\(lead)/tenants", token: stack.admin).expect(401)
            // Somebody whose id happens to be the lead's is not the lead.
            let namesake = try await stack.tokens.operatorToken(user: lead)
            try await client.post("/leads/\(lead)/tenants", token: namesake).expect(401)
            try await client.post("/leads/\(Identifier.v4())/tenants", token: token).expect(401)
            let wrong = try await client.post(
                "/leads/\(lead)/tenants", ["key": .string(name), "domains": ["invalid-domain.com"]], token: token)
            #expect(wrong.status == 400 && wrong.message == "Contact email domain does not match tenant domains")
            let contact = try await client.post(
                "/leads/\(lead)/tenants",
                ["key": .string(name), "domains": [.string("\(name).example.com")], "contact": ["firstName": "x"]],
                token: token)
            #expect(contact.status == 422)

            let database = try stack.database(.tenantManagement)
            try await database.query("UPDATE main.leads SET is_validated = false WHERE id = $1::uuid", [.text(lead)])
            let body: JSONValue = ["key": .string(name), "domains": [.string("\(name).example.com")]]
            try await client.post("/leads/\(lead)/tenants", body, token: token).expect(401)
            try await database.query("UPDATE main.leads SET is_validated = true WHERE id = $1::uuid", [.text(lead)])
            let tenant = try await client.post("/leads/\(lead)/tenants", body, token: token).expect(201)
            #expect(tenant.json["name"]?.stringValue == "\(name) Ltd")
            #expect(tenant.json["leadId"]?.stringValue == lead)
            #expect(tenant.json["contacts"]?.arrayValue?.count == 1)
            #expect(tenant.json["contacts"]?[0]?["email"]?.stringValue == "ann@\(name).example.com")
            try await client.post("/leads/\(lead)/tenants", token: token).expect(401)
        }
    }

    @Test func `a tenant has the address of its lead`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let name = TestStack.uniqueKey()
            var registration = TestStack.leadBody(name)
            registration["address"] = ["address": "1 Main Street", "city": "Springfield", "country": "India"]
            let (lead, token) = try await stack.validatedLead(name, body: registration)
            var body: JSONObject = [
                "key": .string(name), "domains": [.string("\(name).example.com")], "city": "Elsewhere",
            ]
            let differs = try await client.post("/leads/\(lead)/tenants", .object(body), token: token)
            #expect(differs.status == 400 && differs.message == "Address mismatch with Lead")
            for (field, value) in [("city", "Springfield"), ("address", "1 Main Street"), ("country", "India")] {
                body[field] = .string(value)
            }
            let tenant = try await client.post("/leads/\(lead)/tenants", .object(body), token: token).expect(201)
            let stored = try await client.get("/leads/\(lead)", token: stack.admin).expect(200)
            #expect(tenant.json["addressId"] == stored.json["addressId"])
            #expect(try await stack.database(.tenantManagement).count("SELECT count(*) FROM main.addresses") == 1)
        }
    }

    @Test func `a lead becomes one tenant, however many requests are concurrent`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let name = TestStack.uniqueKey()
            let (lead, token) = try await stack.validatedLead(name)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<20 {
                    let body: JSONValue = [
                        "key": .string("\(name.prefix(7))\(index)"), "domains": [.string("\(name).example.com")],
                    ]
                    group.addTask {
                        try await stack.tenantManagement.post("/leads/\(lead)/tenants", body, token: token).status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }.sorted()
            }
            #expect(statuses == [201] + Array(repeating: 401, count: 19))
            let database = try stack.database(.tenantManagement)
            for table in ["tenants", "contacts"] {
                #expect(try await database.count("SELECT count(*) FROM main.\(table)") == 1)
            }
        }
    }
}
