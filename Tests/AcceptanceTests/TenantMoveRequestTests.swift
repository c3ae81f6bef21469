import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import TestSupport
import Testing

/// Moves of tenants over HTTP, with an orchestrator that performs them.
@Suite struct TenantMoveRequestTests {
    private static let reason: JSONObject = ["reason": "It has grown"]

    private static func move(
        _ tenant: String, _ members: JSONObject, _ stack: TestStack
    ) async throws -> TestResponse {
        var body = reason
        for (name, value) in members { body[name] = value }
        return try await stack.tenantManagement.post("/tenants/\(tenant)/move", .object(body), token: stack.admin)
    }

    private static func resources(_ tenant: String, _ stack: TestStack) async throws -> [String] {
        try await stack.database(.tenantManagement).texts(
            """
            SELECT type || ' ' || (metadata ->> 'database') FROM main.resources
            WHERE tenant_id = $1::uuid AND NOT deleted ORDER BY 1
            """, [.text(tenant)])
    }

    @Test func `a tenant moves into a database of its own, and the old copy goes when that is confirmed`() async throws
    {
        try await TestStack.run([.tenantManagement, .orchestrator]) { stack in
            let key = TestStack.uniqueKey()
            let tenant = try await stack.createTenantID(key: key)
            try await eventually("the tenant is ACTIVE") { try await stack.status(ofTenant: tenant) == 0 }
            let application = try stack.database(.application)
            try await application.withPool(user: "tenant_\(key)") { pool in
                try await pool.execute("CREATE TABLE tenant_\(key).orders AS SELECT 1 AS id")
            }
            let confirm = "/tenants/\(tenant)/move/confirm"
            let early = try await stack.tenantManagement.post(confirm, token: stack.admin).expect(409)
            #expect(early.errorCode == "NO_MOVE")

            let requested = try await Self.move(tenant, ["target": "silo"], stack).expect(202)
            #expect(requested.json["tenantId"]?.stringValue == tenant)
            try await eventually("the tenant has other resources") {
                try await Self.resources(tenant, stack) == ["postgres-database tenant_\(key)"]
            }
            #expect(try await stack.status(ofTenant: tenant) == 0)
            let runs = try await stack.tenantManagement.get("/tenants/\(tenant)/provisioning", token: stack.admin)
                .expect(200)
            #expect(String(decoding: runs.json.serialized(), as: UTF8.self).contains("reserve-target"))
            let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'tenant_\(key)'"
            #expect(try await application.count(schemas) == 1)

            try await stack.tenantManagement.post(confirm, token: stack.admin).expect(204)
            try await eventually("the old copy is gone") { try await application.count(schemas) == 0 }
            try await stack.tenantManagement.post(confirm, token: stack.admin).expect(204)
            let events = try await stack.database(.tenantManagement).texts(
                "SELECT type FROM main.outbox WHERE tenant_id = $1::uuid AND type LIKE 'TENANT_MOVE%' ORDER BY position",
                [.text(tenant)])
            #expect(
                events == [
                    "TENANT_MOVE_REQUESTED", "TENANT_MOVE_SUCCESS", "TENANT_MOVE_CONFIRMED", "TENANT_MOVE_CONFIRMED",
                ])
        }
    }

    @Test func `a move that is not possible changes nothing, and the reason is shown`() async throws {
        try await TestStack.run([.tenantManagement, .orchestrator]) { stack in
            let key = TestStack.uniqueKey()
            let tenant = try await stack.createTenantID(key: key)
            try await eventually("the tenant is ACTIVE") { try await stack.status(ofTenant: tenant) == 0 }
            let before = try await Self.resources(tenant, stack)
            try await Self.move(tenant, ["server": "nowhere"], stack).expect(202)
            try await eventually("the move has failed") {
                try await stack.database(.tenantManagement).count(
                    "SELECT count(*) FROM main.outbox WHERE type = 'TENANT_MOVE_FAILURE'") == 1
            }
            #expect(try await stack.status(ofTenant: tenant) == 0)
            #expect(try await Self.resources(tenant, stack) == before)
            let runs = try await stack.tenantManagement.get("/tenants/\(tenant)/provisioning", token: stack.admin)
                .expect(200)
            #expect(
                String(decoding: runs.json.serialized(), as: UTF8.self).contains("there is no data server nowhere"))
            let confirmed = try await stack.tenantManagement.post(
                "/tenants/\(tenant)/move/confirm", token: stack.admin
            ).expect(409)
            #expect(confirmed.errorCode == "MOVE_FAILED")
        }
    }

    @Test func `a move can be confirmed although a later one has failed because of its old copy`() async throws {
        try await TestStack.run([.tenantManagement, .orchestrator]) { stack in
            let key = TestStack.uniqueKey()
            let tenant = try await stack.createTenantID(key: key)
            try await eventually("the tenant is ACTIVE") { try await stack.status(ofTenant: tenant) == 0 }
            for (target, outcome) in [("silo", "TENANT_MOVE_SUCCESS"), ("pooled", "TENANT_MOVE_FAILURE")] {
                try await Self.move(tenant, ["target": .string(target)], stack).expect(202)
                try await eventually("the move to \(target) has ended") {
                    try await stack.database(.tenantManagement).count(
                        "SELECT count(*) FROM main.outbox WHERE type = '\(outcome)'") == 1
                }
            }
            let application = try stack.database(.application)
            let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'tenant_\(key)'"
            #expect(try await application.count(schemas) == 1)
            try await stack.tenantManagement.post("/tenants/\(tenant)/move/confirm", token: stack.admin).expect(204)
            try await eventually("the old copy is gone") { try await application.count(schemas) == 0 }
        }
    }

    @Test func `bad requests name the member, and change nothing`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let tenant = try await stack.createTenantID()
            // It is being provisioned.
            let wrong = try await Self.move(tenant, ["target": "silo"], stack).expect(409)
            #expect(wrong.errorCode == "TENANT_STATE")
            try await stack.database(.tenantManagement).query(
                "UPDATE main.tenants SET status = 0 WHERE id = $1::uuid", [.text(tenant)])
            let busy = try await Self.move(tenant, ["target": "silo"], stack).expect(409)
            #expect(busy.errorCode == "PROVISIONING_OPEN")
            for (members, path) in [
                (["target": "cloud"], "/target"), (["server": "EU 2"], "/server"), (["server": ""], "/server"),
                ([:], "/target"), (["target": "silo", "reason": ""], "/reason"),
            ] as [(JSONObject, String)] {
                let refused = try await Self.move(tenant, members, stack).expect(422)
                #expect(refused.json["error"]?["details"]?[0]?["path"]?.stringValue == path, "\(refused.json)")
            }
            let missing = try await stack.tenantManagement.post(
                "/tenants/\(tenant)/move", ["target": "silo"], token: stack.admin
            ).expect(422)
            #expect(String(decoding: missing.json.serialized(), as: UTF8.self).contains("reason"))
            let nobody = "00000000-0000-4000-8000-000000000000"
            try await Self.move(nobody, ["target": "silo"], stack).expect(404)
            let user = try await stack.tokens.userToken(tenant: tenant)
            try await stack.tenantManagement.post(
                "/tenants/\(tenant)/move", ["target": "silo", "reason": "mine"], token: user
            ).expect(403)
            let moves = try await stack.database(.tenantManagement).count(
                "SELECT count(*) FROM main.outbox WHERE type LIKE 'TENANT_MOVE%'")
            #expect(moves == 0)
        }
    }
}
