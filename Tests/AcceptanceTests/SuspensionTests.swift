import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import TestSupport
import Testing

/// Suspensions of tenants: reasons add up, and a tenant returns when none is left.
@Suite struct SuspensionTests {
    private static let waiting = ["PROVISION_ON_CREATE": "false"]

    private static func send(
        _ action: String, _ tenant: String, _ reason: String, note: JSONValue? = nil, _ stack: TestStack
    ) async throws -> TestResponse {
        var body: JSONObject = ["reason": .string(reason)]
        if let note { body["note"] = note }
        return try await stack.tenantManagement.post(
            "/tenants/\(tenant)/\(action)", .object(body), token: stack.admin)
    }

    private static func events(_ tenant: String, _ stack: TestStack) async throws -> [String] {
        try await stack.database(.tenantManagement).texts(
            """
            SELECT type || ' ' || (data -> 'reasons')::text FROM main.outbox
            WHERE tenant_id = $1::uuid AND type IN ('TENANT_SUSPENDED', 'TENANT_REACTIVATED') ORDER BY position
            """, [.text(tenant)])
    }

    @Test func `a tenant returns to its former status when its last reason is gone`() async throws {
        try await TestStack.run([.tenantManagement, .subscription], environment: Self.waiting) { stack in
            let tenant = try await stack.createTenantID()
            let user = try await stack.tokens.userToken(tenant: tenant)
            try await stack.tenantManagement.get("/contacts", token: user).expect(200)
            let first = try await Self.send("suspend", tenant, "billing", note: "2 invoices", stack).expect(200)
            #expect(
                first.json == ["tenantId": .string(tenant), "status": 5, "reasons": ["billing"], "isChanged": true])
            #expect(try await Self.send("suspend", tenant, "billing", stack).expect(200).json["isChanged"] == false)
            let second = try await Self.send("suspend", tenant, "legal", stack).expect(200)
            #expect(second.json["reasons"] == ["billing", "legal"])
            try await eventually("its users are rejected") {
                let own = try await stack.tenantManagement.get("/contacts", token: user)
                let subscribed = try await stack.subscription.get("/subscriptions", token: user)
                return own.errorCode == "TENANT_NOT_ACTIVE" && subscribed.errorCode == "TENANT_NOT_ACTIVE"
            }
            let one = try await Self.send("reactivate", tenant, "billing", note: "paid", stack).expect(200)
            #expect(one.json["status"] == 5 && one.json["reasons"] == ["legal"])
            #expect(try await Self.send("reactivate", tenant, "abuse", stack).expect(200).json["isChanged"] == false)
            let none = try await Self.send("reactivate", tenant, "legal", stack).expect(200)
            #expect(none.json["status"] == 1 && none.json["reasons"] == [])
            #expect(try await stack.status(ofTenant: tenant) == 1)
            #expect(
                try await Self.events(tenant, stack)
                    == [#"TENANT_SUSPENDED ["billing"]"#, #"TENANT_REACTIVATED ["billing", "legal"]"#])
            try await eventually("its users may act again") {
                try await stack.tenantManagement.get("/contacts", token: user).status == 200
            }

            let path = "/tenants/\(tenant)/suspensions"
            let list = try await stack.tenantManagement.get(path, token: stack.admin).expect(200).json
            #expect(list.arrayValue?.compactMap { $0["reason"]?.stringValue } == ["legal", "billing"])
            #expect(list[1]?["note"] == "2 invoices" && list[1]?["endNote"] == "paid")
            #expect(list[1]?["previousStatus"] == 1 && list[0]?["previousStatus"] == 5)
            let filter = JSONValue.object(["where": ["reason": "legal"], "limit": 1]).parameter()
            let some = try await stack.tenantManagement.get("\(path)?\(filter)", token: stack.admin).expect(200)
            #expect(some.json.arrayValue?.count == 1)
            let page = JSONValue.object(["limit": 1]).parameter()
            let paged = try await stack.tenantManagement.get("\(path)?\(page)", token: stack.admin).expect(200)
            #expect(paged.headers["link"]?.contains("rel=\"next\"") == true)
        }
    }

    @Test func `a status set by PATCH is a suspension by an operator`() async throws {
        try await TestStack.run([.tenantManagement], environment: Self.waiting) { stack in
            let tenant = try await stack.createTenantID()
            let path = "/tenants/\(tenant)"
            try await stack.tenantManagement.patch(path, ["status": 5], token: stack.admin).expect(204)
            #expect(
                try await Self.send("suspend", tenant, "billing", stack).expect(200).json["reasons"] == [
                    "operator", "billing",
                ])
            for body: JSONValue in [["status": 0], ["status": 1]] {
                let refused = try await stack.tenantManagement.patch(path, body, token: stack.admin).expect(409)
                #expect(refused.errorCode == "TENANT_SUSPENDED")
                #expect(refused.json["error"]?["details"]?[0]?["info"]?["reasons"] == ["billing"])
            }
            let provision = try await stack.tenantManagement.post(
                "\(path)/provision", ["id": "1", "plan": ["tier": "BASIC"]], token: stack.admin)
            #expect(provision.status == 409 && provision.errorCode == "TENANT_SUSPENDED")
            #expect(try await Self.send("reactivate", tenant, "billing", stack).expect(200).json["status"] == 5)
            try await stack.tenantManagement.patch(path, ["status": 0], token: stack.admin).expect(204)
            #expect(
                try await Self.send("reactivate", tenant, "operator", stack).expect(200).json == [
                    "tenantId": .string(tenant), "status": 0, "reasons": [], "isChanged": false,
                ])
            #expect(
                try await Self.events(tenant, stack)
                    == [#"TENANT_SUSPENDED ["operator"]"#, #"TENANT_REACTIVATED ["operator", "billing"]"#])
        }
    }

    @Test func `a tenant that is being provisioned cannot be suspended`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let tenant = try await stack.createTenantID()
            let refused = try await Self.send("suspend", tenant, "abuse", stack).expect(409)
            #expect(refused.errorCode == "TENANT_STATE")
            #expect(try await stack.status(ofTenant: tenant) == 2)
            #expect(
                try await stack.database(.tenantManagement).count("SELECT count(*) FROM main.tenant_suspensions") == 0)
        }
    }

    @Test(
        arguments: [
            (["note": "x"], "/reason"), (["reason": "whim"], "/reason"),
            (["reason": "billing", "note": JSONValue.string(String(repeating: "x", count: 1001))], "/note"),
            (["reason": "billing", "until": "2026"], "/until"),
        ] as [(JSONValue, String)])
    func `a suspension that is not understood changes nothing`(_ body: JSONValue, _ path: String) async throws {
        try await TestStack.run([.tenantManagement], environment: Self.waiting) { stack in
            let tenant = try await stack.createTenantID()
            for action in ["suspend", "reactivate"] {
                let answer = try await stack.tenantManagement.post(
                    "/tenants/\(tenant)/\(action)", body, token: stack.admin)
                #expect(answer.status == 422 && answer.errorCode == "VALIDATION_FAILED", "\(answer.text)")
                // The field is named.
                #expect(answer.text.contains(path.dropFirst()), "\(answer.text)")
            }
            #expect(try await stack.status(ofTenant: tenant) == 1)
        }
    }

    @Test func `64 concurrent callers leave a consistent tenant`() async throws {
        try await TestStack.run([.tenantManagement], environment: Self.waiting) { stack in
            let tenant = try await stack.createTenantID()
            let reasons = ["billing", "abuse", "legal", "operator"]
            let answers = await concurrently(64, width: 64) { index in
                let action = index % 3 == 0 ? "reactivate" : "suspend"
                return (action, try? await Self.send(action, tenant, reasons[index % 4], stack))
            }
            #expect(answers.allSatisfy { $0.1?.status == 200 }, "\(answers.compactMap { $0.1?.text })")
            // Who changed something has changed it alone: the rows are as many as these answers say.
            let database = try stack.database(.tenantManagement)
            let changes = answers.filter { $0.1?.json["isChanged"] == true }
            let begun = changes.filter { $0.0 == "suspend" }.count
            #expect(try await database.count("SELECT count(*) FROM main.tenant_suspensions") == begun)
            let ended = try await database.count(
                "SELECT count(*) FROM main.tenant_suspensions WHERE ended_on IS NOT NULL")
            #expect(ended == changes.count - begun)
            #expect(try await stack.status(ofTenant: tenant) == (begun > ended ? 5 : 1))
            for reason in reasons { try await Self.send("reactivate", tenant, reason, stack).expect(200) }
            #expect(try await stack.status(ofTenant: tenant) == 1)
            // Suspended and reactivated take turns.
            let types = try await Self.events(tenant, stack).map { $0.prefix { $0 != " " } }
            #expect(!types.isEmpty && types.count.isMultiple(of: 2))
            for (index, type) in types.enumerated() {
                #expect(type == (index.isMultiple(of: 2) ? "TENANT_SUSPENDED" : "TENANT_REACTIVATED"))
            }
        }
    }
}
