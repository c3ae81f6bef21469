import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import TestSupport
import Testing

/// Secrets in the settings of tenants: sealed at rest, in clear for those who may read them.
@Suite(.timeLimit(.minutes(20))) struct TenantConfigSecretTests {
    private static func stored(_ id: String, _ stack: TestStack) async throws -> String {
        try #require(
            try await stack.database(.tenantManagement).texts(
                "SELECT config_value::text FROM main.tenant_mgmt_configs WHERE id = $1::uuid", [.text(id)]
            ).first)
    }

    @Test func `secrets are sealed at rest, and everybody who may read a setting gets what was written`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let tenant = try await stack.createTenantID()
            let marker = "marker-\(TestStack.uniqueKey())"
            func value(_ text: String) -> JSONValue {
                [
                    "connection": "db", "clientSecret": .string(marker + text), "password": 12,
                    "smtp": [["auth": ["apiKey": .string(marker), "user": "u"]]], "token": nil,
                ]
            }
            func shown(_ id: String, _ query: String = "", token: String? = nil) async throws -> JSONValue {
                try await client.get("/tenant-configs/\(id)\(query)", token: token ?? stack.admin).expect(200).json
            }
            let body: JSONValue = ["configKey": "idp", "configValue": value("1"), "tenantId": .string(tenant)]
            let created = try await client.send(
                "POST", "/tenant-configs", body, token: stack.admin, headers: ["idempotency-key": marker])
            let id = try created.expect(201).string("id")
            #expect(created.json["configValue"] == value("1"))
            let repeated = try await client.send(
                "POST", "/tenant-configs", body, token: stack.admin, headers: ["idempotency-key": marker])
            #expect(repeated.json["configValue"] == value("1"))
            let text = try await Self.stored(id, stack)
            #expect(!text.contains(marker) && text.contains("\"connection\": \"db\""))

            #expect(try await shown(id)["configValue"] == value("1"))
            let user = try await stack.tokens.userToken(tenant: tenant)
            #expect(try await shown(id, token: user)["configValue"] == value("1"))
            let only = "?" + (["fields": ["configValue"]] as JSONValue).parameter()
            let selected = try await shown(id, only)
            #expect(selected["configValue"] == value("1") && selected["tenantId"] == nil)
            let list = try await client.get("/tenant-configs", token: user).expect(200)
            #expect(list.json[0]?["configValue"] == value("1"))

            // Changes: of the setting, with and without it, and back again as it was read.
            try await client.patch("/tenant-configs/\(id)", ["configValue": value("2")], token: stack.admin).expect(204)
            try await client.patch("/tenant-configs/\(id)", ["configKey": "renamed"], token: stack.admin).expect(204)
            #expect(try await shown(id)["configValue"] == value("2"))
            let whole = try await shown(id)
            let replaced = try await client.send(
                "PUT", "/tenant-configs/\(id)", whole, token: stack.admin, headers: ["prefer": "return=representation"])
            #expect(try replaced.expect(200).json["configValue"] == value("2"))
            let tag = try #require(try await client.get("/tenant-configs/\(id)", token: stack.admin).headers["etag"])
            func conditional(_ tag: String) async throws -> Int {
                try await client.send(
                    "PATCH", "/tenant-configs/\(id)", ["configValue": value("3")], token: stack.admin,
                    headers: ["if-match": tag]
                ).status
            }
            #expect(try await conditional(tag) == 204)
            #expect(try await conditional(tag) == 412)
            #expect(try await shown(id)["configValue"] == value("3"))

            // Another tenant's: sealed for that one.
            let other = try await stack.createTenantID()
            try await client.patch("/tenant-configs/\(id)", ["tenantId": .string(other)], token: stack.admin).expect(
                204)
            #expect(try await shown(id)["configValue"] == value("3"))
            try await client.get("/tenant-configs/\(id)", token: user).expect(404)
            try await stack.database(.tenantManagement).query(
                "UPDATE main.tenant_mgmt_configs SET tenant_id = '\(tenant)' WHERE id = '\(id)'")
            let moved = try await client.get("/tenant-configs/\(id)", token: stack.admin).expect(200)
            #expect(!moved.text.contains(marker), "a copy in another tenant's row cannot be read")
            // Unreadable texts stay what they are when the row is written back.
            let before = try await Self.stored(id, stack)
            try await client.put("/tenant-configs/\(id)", moved.json, token: stack.admin).expect(204)
            #expect(try await Self.stored(id, stack) == before)
            try await client.patch("/tenant-configs/\(id)", ["configValue": value("4")], token: stack.admin).expect(204)
            #expect(try await shown(id)["configValue"] == value("4"))
        }
    }

    @Test func `secrets are neither compared with nor changed in bulk, and a rotation seals old ones`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let database = try stack.database(.tenantManagement)
            let tenant = try await stack.createTenantID()
            let id = try await client.post(
                "/tenant-configs",
                ["configKey": "idp", "configValue": ["a": 1], "tenantId": .string(tenant)], token: stack.admin
            ).expect(201).string("id")
            let conditions: [JSONValue] = [
                ["clientSecret": "x"], ["eq": ["clientSecret": "x"]], ["neq": ["a": [["token": 1]]]],
                ["inq": [["a": 1], ["password": "x"]]], ["between": [["apiKey": "a"], ["apiKey": "b"]]],
            ]
            for condition in conditions {
                let condition: JSONValue = ["or": [["configKey": "idp"], ["configValue": condition]]]
                for path in [
                    "/tenant-configs?\((["where": condition] as JSONValue).parameter())",
                    "/tenant-configs/count?\(condition.parameter("where"))",
                ] {
                    let refused = try await client.get(path, token: stack.admin).expect(422)
                    #expect(refused.errorCode == "SECRET_IN_CONDITION" && !refused.text.contains("\"x\""))
                    #expect(refused.text.contains("/configValue/"))
                }
            }
            let found = (["configValue": ["a": 1]] as JSONValue).parameter("where")
            #expect(
                try await client.get("/tenant-configs/count?\(found)", token: stack.admin).expect(200).json["count"]
                    == 1
            )
            for body in [["configValue": ["list": [["secret": "x"]]]], ["tenantId": .string(tenant)]] as [JSONValue] {
                try await client.patch("/tenant-configs?where=%7B%7D", body, token: stack.admin).expect(422)
            }
            let bulk: JSONValue = ["configValue": ["a": 2, "token": nil]]
            try await client.patch("/tenant-configs?where=%7B%7D", bulk, token: stack.admin).expect(200)

            // As an earlier version has stored it: in clear until the rotation.
            let marker = "marker-\(TestStack.uniqueKey())"
            try await database.query(
                "UPDATE main.tenant_mgmt_configs SET config_value = '{\"password\": \"\(marker)\", \"b\": [1.5]}'")
            let clear: JSONValue = ["password": .string(marker), "b": [1.5]]
            #expect(
                try await client.get("/tenant-configs/\(id)", token: stack.admin).json["configValue"] == clear)
            let outcome = try await ArcCommand.run(
                ["keys", "rotate", "--service", "tenant-management"],
                environment: [
                    "DB_HOST": database.server.host, "DB_PORT": database.server.port, "DB_DATABASE": database.name,
                    "DB_USER": database.server.user, "DB_SSLMODE": "disable",
                    "DATA_ENCRYPTION_KEY": TestTokens.secret,
                ])
            #expect(outcome.status == 0, "\(outcome)")
            #expect(try await Self.stored(id, stack).contains("sealed:"))
            #expect(!(try await Self.stored(id, stack)).contains(marker))
            #expect(
                try await client.get("/tenant-configs/\(id)", token: stack.admin).json["configValue"] == clear)
        }
    }
}
