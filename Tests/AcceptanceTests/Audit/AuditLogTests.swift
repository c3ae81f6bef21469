import JSONCoding
import PostgresTestSupport
import Primitives
import StackTestSupport
import TestSupport
import Testing

/// The audit log over HTTP: what a write leaves, and who sees it.
@Suite(.timeLimit(.minutes(20))) struct AuditLogTests {
    private static func rows(
        _ client: TestHTTPClient, _ condition: JSONValue, token: String
    ) async throws -> [JSONValue] {
        let filter: JSONValue = ["where": condition, "limit": 100]
        return try await client.get("/audit-logs?\(filter.parameter())", token: token).expect(200).json.arrayValue ?? []
    }

    @Test func `a write leaves who, what and why, in one row for each changed row`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let user = Identifier.v4().description
            let token = try await stack.tokens.operatorToken(user: user)
            let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
            let key = TestStack.uniqueKey()
            let created = try await client.send(
                "POST", "/tenants",
                [
                    "name": "Acme", "key": .string(key), "domains": [.string("\(key).example.com")],
                    "address": "Main Street 1", "city": "Oslo", "country": "Norway",
                    "contact": [
                        "firstName": "Ann", "lastName": "Smith", "email": .string("ann@\(key).example.com"),
                        "isPrimary": true,
                    ],
                ], token: token,
                headers: ["x-request-id": "create-1", "traceparent": "00-\(trace)-00f067aa0ba902b7-01"]
            ).expect(201)
            let tenant = try created.string("id")
            let rows = try await Self.rows(client, ["requestId": "create-1"], token: stack.admin)
            #expect(Set(rows.compactMap { $0["entity"]?.stringValue }) == ["Tenant", "Address", "Contact"])
            for row in rows {
                #expect(row["tenantId"] == .string(tenant) && row["action"] == "create" && row["before"] == .null)
                #expect(row["actor"] == .string(user) && row["actorKind"] == "operator")
                #expect(row["credential"]?.stringValue?.hasPrefix("token") == true)
                #expect(row["traceId"] == .string(trace))
            }
            let contact = try #require(rows.first { $0["entity"] == "Contact" })
            #expect(contact["after"]?["firstName"] == "Ann" && contact["after"]?["isPrimary"] == true)
            let id = try #require(contact["entityId"]?.stringValue)

            let member = Identifier.v4().description
            let own = try await stack.tokens.userToken(tenant: tenant, user: member)
            try await client.send(
                "PATCH", "/contacts/\(id)", ["firstName": "Eve"], token: own, headers: ["x-request-id": "change-1"]
            ).expect(204)
            let changes = try await Self.rows(client, ["requestId": "change-1"], token: own)
            #expect(changes.count == 1)
            #expect(changes.first?["before"] == ["firstName": "Ann"] && changes.first?["after"] == ["firstName": "Eve"])
            #expect(changes.first?["actor"] == .string(member) && changes.first?["actorKind"] == "tenantUser")

            for (method, path, status, action) in [
                ("DELETE", "/contacts/\(id)", 204, "delete"), ("POST", "/contacts/\(id)/restore", 200, "restore"),
            ] {
                let answer = try await client.send(
                    method, path, token: stack.admin, headers: ["x-request-id": .init("\(action)-1")])
                #expect(answer.status == status || answer.status == 204, "\(answer.text)")
                let row = try await Self.rows(client, ["requestId": .string("\(action)-1")], token: stack.admin).first
                #expect(row?["action"] == .string(action) && row?["entityId"] == .string(id))
            }
            let first = try #require(changes.first?["id"]?.stringValue)
            try await eventually("the row has its place") {
                let row = try await client.get("/audit-logs/\(first)", token: own).expect(200)
                return row.json["sequence"]?.intValue ?? 0 > 0 && row.json["hash"]?.stringValue?.utf8.count == 64
            }
        }
    }

    @Test func `a write that is refused leaves nothing`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let tenant = try await stack.createTenantID()
            let key = try #require(
                try await client.get("/tenants/\(tenant)", token: stack.admin).json["key"]?.stringValue)
            let contact: JSONValue = [
                "firstName": "Ann", "lastName": "Smith", "email": "ann@example.com", "isPrimary": true,
            ]
            for (body, status) in [
                (
                    ["name": "Acme", "key": .string(key), "domains": ["example.com"], "contact": contact] as JSONValue,
                    409
                ),
                (["name": 1], 422), (["name": "Acme", "key": "k", "domains": [], "contact": contact], 400),
            ] {
                let answer = try await client.send(
                    "POST", "/tenants", body, token: stack.admin, headers: ["x-request-id": "refused"])
                #expect(answer.status == status, "\(answer.text)")
            }
            #expect(try await Self.rows(client, ["requestId": "refused"], token: stack.admin) == [])
        }
    }

    @Test func `a tenant's users see their own chain, with the permission`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let (own, other) = (try await stack.createTenantID(), try await stack.createTenantID())
            let user = try await stack.tokens.userToken(tenant: own, ["10285"])
            let everything = try await Self.rows(client, [:], token: user)
            #expect(!everything.isEmpty && everything.allSatisfy { $0["tenantId"] == .string(own) })
            #expect(try await Self.rows(client, ["tenantId": .string(other)], token: user) == [])
            let count = try await client.get("/audit-logs/count", token: user).expect(200)
            #expect(count.json["count"]?.intValue == everything.count)
            let foreign = try await Self.rows(client, ["tenantId": .string(other)], token: stack.admin)
            let id = try #require(foreign.first?["id"]?.stringValue)
            try await client.get("/audit-logs/\(id)", token: user).expect(404)
            try await client.get("/audit-logs/\(id)", token: stack.admin).expect(200)
            let powerless = try await stack.tokens.userToken(tenant: own, ["10201", "10240"])
            for path in ["/audit-logs", "/audit-logs/count", "/audit-logs/\(id)"] {
                try await client.get(path, token: powerless).expect(403)
                for method in ["POST", "PUT", "PATCH", "DELETE"] {
                    let answer = try await client.send(method, path, [:], token: stack.admin)
                    #expect(answer.status == 405 || answer.status == 404, "\(method) \(path): \(answer.status)")
                }
            }
        }
    }

    @Test func `secrets are not in the log`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let tenant = try await stack.createTenantID()
            let marker = "secret-\(TestStack.uniqueKey())"
            let settings = try await client.post(
                "/tenant-configs",
                [
                    "configKey": "auth0", "tenantId": .string(tenant),
                    "configValue": ["clientSecret": .string(marker)],
                ], token: stack.admin
            ).expect(201)
            try await client.patch(
                "/tenant-configs/\(try settings.string("id"))",
                ["configValue": ["clientSecret": .string("\(marker)2")]],
                token: stack.admin
            ).expect(204)
            let endpoint = try await client.post(
                "/webhook-endpoints",
                [
                    "url": "https://hooks.example.com/a", "audience": "tenant", "tenantId": .string(tenant),
                    "isEnabled": false,
                ], token: stack.admin
            ).expect(201)
            let rotated = try await client.post(
                "/webhook-endpoints/\(try endpoint.string("id"))/rotate", [:], token: stack.admin)
            let database = try stack.database(.tenantManagement)
            let log = try await database.texts("SELECT coalesce(string_agg(t::text, ''), '') FROM main.audit_logs AS t")
            let text = try #require(log.first)
            #expect(!text.contains(marker) && text.contains("[redacted]"))
            for secret in [endpoint, rotated].compactMap({ $0.json["secret"]?.stringValue }) {
                #expect(!text.contains(secret))
            }
            let sealed = try await database.texts("SELECT sealed::text FROM main.webhook_secrets")
            #expect(!sealed.isEmpty && sealed.allSatisfy { !text.contains($0.dropFirst(2)) })
        }
    }

    @Test func `a character that separates the parts of the context cannot forge another part`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let token = try await stack.tokens.operatorToken(user: "ann\u{1F}operator\u{1F}\u{0}forged")
            let tenant = try await stack.createTenantID()
            try await client.send(
                "PATCH", "/tenants/\(tenant)", ["name": "Other"], token: token, headers: ["x-request-id": "forged-1"]
            ).expect(204)
            let rows = try await Self.rows(client, ["requestId": "forged-1"], token: stack.admin)
            #expect(rows.count == 1 && rows.first?["actorKind"] == "operator")
        }
    }

    @Test func `what a signed callback changes has no user and is external`() async throws {
        try await TestStack.run { stack in
            let tenant = try await stack.createTenantID()
            let client = stack.tenantManagement
            // The callback of the orchestrator has no user.
            try await eventually("the tenant is active") {
                try await client.get("/tenants/\(tenant)", token: stack.admin).json["status"]?.intValue == 0
            }
            let rows = try await Self.rows(
                client, ["tenantId": .string(tenant), "entity": "Tenant", "action": "update"], token: stack.admin)
            let activation = try #require(rows.first { $0["after"]?["status"]?.intValue == 0 })
            #expect(activation["actorKind"] == "external" && activation["actor"] == .null)
        }
    }
}
