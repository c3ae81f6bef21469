import JSONCoding
import PostgresTestSupport
import Primitives
import StackTestSupport
import TestSupport
import Testing

/// Who may make which API keys.
@Suite struct APIKeyPolicyTests {
    @Test func `a key never has more than its maker`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let maker = try await stack.tokens.operatorToken(["10270", "10271", "10272", "10207"])
            func refused(_ body: JSONValue, by token: String) async throws -> [String] {
                let answer = try await client.post("/api-keys", body, token: token).expect(403)
                #expect(answer.errorCode == "PERMISSIONS_NOT_HELD")
                return answer.violations
            }
            try await client.post("/api-keys", TestAPIKey.body(["10207"]), token: maker).expect(201)
            #expect(
                try await refused(TestAPIKey.body(["10207", "10206"]), by: maker) == ["/permissions/1: notHeld"])
            #expect(
                try await refused(TestAPIKey.body([], ["roles": ["Support"]]), by: maker) == ["/roles/0: notHeld"])
            #expect(
                try await refused(TestAPIKey.body(["10207"], ["roles": ["SuperAdmin"]]), by: maker)
                    == ["/roles/0: notHeld"])

            // A rotation would hand out what the key may do.
            let strong = try await stack.apiKey(["10206", "10207"])
            let stolen = try await client.post("\(strong.path)/rotate", [:], token: maker).expect(403)
            #expect(stolen.errorCode == "PERMISSIONS_NOT_HELD")
            try await client.get("/tenants", token: strong.text).expect(200)
            let support = try await stack.tokens.roleToken("Support", permissions: ["10270", "10271"])
            try await client.post("/api-keys", TestAPIKey.body([], ["roles": ["Support"]]), token: support).expect(201)

            // So would a key that makes keys.
            let small = try await stack.apiKey(["10270", "10207"])
            #expect(try await refused(TestAPIKey.body(["10206"]), by: small.text) == ["/permissions/0: notHeld"])
            let late = SystemClock().now().adding(.seconds(200 * 86_400)).description
            let longer = try await client.post(
                "/api-keys", TestAPIKey.body(["10207"], ["expiresOn": .string(late)]), token: small.text
            ).expect(422)
            #expect(longer.violations == ["/expiresOn: range"])
            let count = try await client.get("/api-keys/count", token: stack.admin).json["count"]
            #expect(count == 4, "refusals have changed nothing")
        }
    }

    @Test func `a key rotates itself and the keys that were made with it, and no others`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let codes = ["10270", "10271", "10272", "10207"]
            let (maker, other) = (try await stack.apiKey(codes), try await stack.apiKey(codes))
            let made = try await stack.apiKey(codes, by: maker.text)
            let grandchild = try await stack.apiKey(["10207"], by: made.text)
            for key in [other, maker] {
                let refused = try await client.post("\(key.path)/rotate", [:], token: made.text).expect(403)
                #expect(refused.errorCode == "API_KEY_NOT_OWN")
                try await client.get("/tenants", token: key.text).expect(200)
                #expect(try await client.get(key.path, token: stack.admin).json["rotatedOn"]?.stringValue == nil)
            }
            try await client.post("/api-keys/\(WalkTests.unknown)/rotate", [:], token: made.text).expect(404)
            var texts: [String] = []
            for key in [grandchild, made, maker] {
                let rotated = try await client.post("\(key.path)/rotate", [:], token: maker.text).expect(200)
                texts.append(try TestAPIKey(rotated).text)
            }
            for text in texts { try await client.get("/tenants", token: text).expect(200) }
            // Whoever had the maker's secret has no valid key any more.
            try await client.delete(maker.path, token: stack.admin).expect(204)
            for text in texts { try await client.get("/tenants", token: text).expect(401) }
            try await client.post("\(other.path)/rotate", [:], token: stack.admin).expect(200)
        }
    }

    @Test func `whose key it is has to be said, and users of a tenant have only keys of their tenant`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let (tenant, other) = (try await stack.createTenantID(), try await stack.createTenantID())
            func violations(_ body: JSONObject, by token: String? = nil) async throws -> [String] {
                var all: JSONObject = ["name": "x", "permissions": ["10207"]]
                for (name, value) in body { all[name] = value }
                return try await client.post("/api-keys", .object(all), token: token ?? stack.admin).expect(422)
                    .details.map { detail in
                        let missing = detail["info"]?["missingProperty"]?.stringValue.map { "/\($0)" }
                        return "\(missing ?? detail["path"]?.stringValue ?? "?"): \(detail["code"]?.stringValue ?? "?")"
                    }
            }
            #expect(try await violations([:]) == ["/audience: required"])
            #expect(try await violations(["tenantId": .string(tenant)]) == ["/audience: required"])
            #expect(try await violations(["audience": "tenant"]) == ["/tenantId: required"])
            #expect(
                try await violations(["audience": "operator", "tenantId": .string(tenant)]) == ["/tenantId: tenant"])
            #expect(try await violations(["audience": "everybody"]) == ["/audience: enum"])
            let unknown = try await client.post(
                "/api-keys", TestAPIKey.body(["10207"], tenant: WalkTests.unknown), token: stack.admin)
            #expect(unknown.status == 404 || unknown.status == 422, "\(unknown.text)")

            let user = try await stack.tokens.userToken(tenant: tenant)
            let operators = try await client.post("/api-keys", TestAPIKey.body(), token: user).expect(403)
            #expect(operators.violations == ["/audience: readOnly"])
            #expect(
                try await violations(["tenantId": .string(other)], by: user) == ["/tenantId: tenant"])
            let own = try await client.post(
                "/api-keys", ["name": "x", "permissions": ["10207"]], token: user
            ).expect(201)
            #expect(own.json["audience"] == "tenant" && own.json["tenantId"] == .string(tenant))
            let weak = try await stack.tokens.userToken(tenant: tenant, ["10207"])
            try await client.post("/api-keys", ["name": "x", "permissions": ["10207"]], token: weak).expect(403)
            try await client.get("/api-keys", token: weak).expect(403)
        }
    }

    @Test func `bad requests are refused with the member and change nothing`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["API_KEY_MAX_DAYS": "30"]) { stack in
            let client = stack.tenantManagement
            let now = SystemClock().now()
            func day(_ days: Int) -> JSONValue { .string(now.adding(.seconds(days * 86_400)).description) }
            let cases: [(JSONObject, String)] = [
                (["name": ""], "/name"), (["name": .string(String(repeating: "x", count: 101))], "/name"),
                (["name": 1], "/name"), (["name": .null], "/name"),
                (["permissions": []], "/permissions"), (["permissions": ["99999"]], "/permissions/0"),
                (["permissions": ["10207", "10207"]], "/permissions"), (["permissions": [10207]], "/permissions/0"),
                (["permissions": "10207"], "/permissions"), (["permissions": ["１０２０７"]], "/permissions/0"),
                (["roles": ["Nobody"]], "/roles/0"), (["roles": ["TenantAdmin"]], "/roles/0"),
                (["roles": ["support"]], "/roles/0"), (["roles": .object([:])], "/roles"),
                (["expiresOn": day(-1)], "/expiresOn"), (["expiresOn": day(31)], "/expiresOn"),
                (["expiresOn": "tomorrow"], "/expiresOn"), (["expiresOn": 1_900_000_000], "/expiresOn"),
                (["description": .string(String(repeating: "x", count: 501))], "/description"),
                (["prefix": "arc_mine"], ""), (["hash": "00"], ""), (["key": "arc_x"], ""),
            ]
            for (change, path) in cases {
                let answer = try await client.post("/api-keys", TestAPIKey.body(["10207"], change), token: stack.admin)
                #expect(answer.status == 422, "\(change): \(answer.text)")
                #expect(answer.details.contains { $0["path"]?.stringValue == path }, "\(change): \(answer.text)")
            }
            #expect(try await client.get("/api-keys/count", token: stack.admin).json["count"] == 0)

            let key = try await stack.apiKey()
            let shown = try await client.get(key.path, token: stack.admin).expect(200)
            let end = try #require(Timestamp(iso8601: try shown.string("expiresOn")))
            #expect(end <= now.adding(.seconds(31 * 86_400)), "the default is never longer than the limit")
            for change: JSONObject in [
                ["permissions": ["10206"]], ["tenantId": .string(WalkTests.unknown)], ["expiresOn": day(1)],
                ["roles": ["SuperAdmin"]], ["audience": "tenant"], ["prefix": "arc_x"],
            ] {
                let answer = try await client.patch(key.path, .object(change), token: stack.admin)
                #expect(answer.status == 422, "\(change): \(answer.text)")
            }
            for rotation: JSONObject in [
                ["overlapSeconds": -1], ["overlapSeconds": 2_592_001], ["overlapSeconds": "1"],
                ["expiresOn": day(31)], ["expiresOn": day(-1)], ["permissions": ["10206"]],
            ] {
                let answer = try await client.post("\(key.path)/rotate", .object(rotation), token: stack.admin)
                #expect(answer.status == 422, "\(rotation): \(answer.text)")
            }
            try await client.patch(key.path, ["name": "renamed", "description": .null], token: stack.admin).expect(204)
            try await client.get("/tenants", token: key.text).expect(200)
            let tag = try #require(shown.headers["etag"])
            for (method, path) in [("DELETE", key.path), ("POST", "\(key.path)/rotate")] {
                try await client.send(
                    method, path, method == "POST" ? [:] : nil, token: stack.admin, headers: ["If-Match": tag]
                ).expect(412)
            }
        }
    }

    @Test func `there are as many keys as allowed, however many are made at once`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["API_KEY_LIMIT": "5"]) { stack in
            let (client, admin) = (stack.tenantManagement, stack.admin)
            let tenant = try await stack.createTenantID()
            let body = TestAPIKey.body(tenant: tenant)
            let answers = try await withThrowingTaskGroup(of: TestResponse.self) { group in
                for _ in 0..<12 { group.addTask { try await client.post("/api-keys", body, token: admin) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0.status == 201 } == 5)
            #expect(answers.filter { $0.status != 201 }.allSatisfy { $0.errorCode == "TOO_MANY_API_KEYS" })
            try await client.post("/api-keys", TestAPIKey.body(), token: admin).expect(201)
        }
    }

    @Test func `a repeated request shows the same key, unless its response was lost in a crash`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            func create() async throws -> TestResponse {
                try await stack.tenantManagement.send(
                    "POST", "/api-keys", TestAPIKey.body(), token: stack.admin,
                    headers: ["Idempotency-Key": "one"])
            }
            let (first, second) = (try await create().expect(201), try await create().expect(201))
            #expect(first.bytes == second.bytes && first.json["key"]?.stringValue != nil)
            try await stack.database(.tenantManagement).query(
                """
                UPDATE main.idempotency_keys SET status = NULL, answer = NULL, location = NULL, media_type = NULL,
                    etag = NULL, claimed_until = created_on
                """)
            #expect(try await create().expect(409).errorCode == "API_KEY_LOST")
            #expect(try await stack.tenantManagement.get("/api-keys/count", token: stack.admin).json["count"] == 1)
        }
    }
}
