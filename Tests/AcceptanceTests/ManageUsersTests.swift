import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import RedisClient
import StackTestSupport
import Testing

/// `POST /manage/users` (docs/contract/arc-api.md 5.8, 9.4): who may call it, and what is said of bodies that cannot be
/// carried out.
@Suite struct ManageUsersTests {
    @Test func `calls with an invalid signature are refused`() async throws {
        let keycloak = FakeKeycloak()
        try await keycloak.run { url in
            try await TestStack.run([.tenantManagement], environment: FakeKeycloak.environment(url)) { stack in
                let user = try await TestFirstUser.begin(stack)
                let body = user.body("keycloak")
                let bytes = body.serialized()
                let now = TestWebhook.now()
                let old = TestWebhook.now(-20_050)
                let good = user.hook.signatureWithoutContext(bytes, timestamp: now)
                let cases: [(String, String?, String?)] = [
                    ("old", old, user.hook.signatureWithoutContext(bytes, timestamp: old)),
                    ("with the context", now, user.hook.signature(bytes, timestamp: now)),
                    ("forged", now, good.dropLast(4) + "abcd"), ("no signature", now, nil), ("no timestamp", nil, good),
                    ("timestamp not a number", "soon", good), ("another timestamp", TestWebhook.now(1000), good),
                ]
                for (what, timestamp, signature) in cases {
                    let answer = try await user.send(bytes, timestamp: timestamp, signature: signature)
                    #expect(answer.status == 401 && answer.message == "Unauthorized", "\(what): \(answer.text)")
                }
                let strange: [JSONValue] = [
                    [:], ["tenant": [:]], ["tenant": ["id": 7]], ["tenant": ["id": "nobody"]],
                    ["tenant": ["id": .string(Identifier.v4().description)]],
                    body.replacing(["tenant", "id"], with: .null),
                ]
                for body in strange { #expect(try await user.send(body).status == 401, "\(body)") }
                let empty = user.hook.signatureWithoutContext([], timestamp: now)
                #expect(try await user.send([], timestamp: now, signature: empty).status == 401)
                #expect(try await user.send(body.replacing(["more"], with: 1)).status == 422, "the body is closed")
                #expect(try await user.send(body.replacing(["plan"], with: "x")).status == 422)

                let database = try stack.database(.tenantManagement)
                try await database.query("UPDATE main.provisionings SET status = 2, completed_on = now()")
                #expect(try await user.send(body).status == 401, "the provisioning has failed")
                try await database.query(
                    "UPDATE main.provisionings SET status = 1, completed_on = now() - interval '1 hour'")
                #expect(try await user.send(body).status == 401, "the provisioning is long over")
                #expect(keycloak.peer.requests.isEmpty, "nothing was asked of the provider")
                try await database.query("UPDATE main.provisionings SET completed_on = now()")
                #expect(try await user.send(body).status == 200, "right after it")
            }
        }
    }

    @Test func `the test vector of the contract is accepted`() async throws {
        let clock = ManualClock(Timestamp(seconds: 1_700_000_000))
        try await TestStack.run([.tenantManagement], clock: clock) { stack in
            let tenant = "11111111-1111-1111-1111-111111111111"
            let database = try stack.database(.tenantManagement)
            try await database.query(
                "INSERT INTO main.tenants (id, name, key, status) VALUES ($1::uuid, 'Vector', 'vector', 2)",
                [.text(tenant)])
            try await database.query(
                """
                INSERT INTO main.provisionings (id, tenant_id, requested_on, expires_on)
                VALUES ('22222222-2222-2222-2222-222222222222', $1::uuid, now(), now())
                """, [.text(tenant)])
            let redis = try TestRedis(stack.servers)
            _ = try await redis.client.set(
                "webhook-secret:\(tenant)",
                Array("0123456789abcdef0123456789abcdef:22222222-2222-2222-2222-222222222222".utf8))
            await redis.client.shutdown()
            let body =
                #"{"tenant":{"id":"11111111-1111-1111-1111-111111111111","identityProvider":"auth0"},"plan":{"tier":"PREMIUM"}}"#
            func send(_ signature: String) async throws -> TestResponse {
                try await stack.tenantManagement.send(
                    "POST", "/manage/users", bytes: Array(body.utf8),
                    headers: ["x-timestamp": "1700000000000", "x-signature": signature])
            }
            let answer = try await send("f6b8c4ed1378a657fac3834289d16afdddf55689b35ab5da2342a2ce76f48ba2")
            #expect(answer.status == 422 && answer.violations == ["/tenant/key: required"], "\(answer.text)")
            try await send("f6b8c4ed1378a657fac3834289d16afdddf55689b35ab5da2342a2ce76f48ba3").expect(401)
        }
    }

    @Test func `other providers do nothing`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let user = try await TestFirstUser.begin(stack)
            let bodies: [JSONValue] = [
                user.body("cognito"), user.body("anything"), ["tenant": ["id": .string(user.hook.tenant)]],
                ["tenant": ["id": .string(user.hook.tenant), "identityProvider": 7], "plan": [:]],
            ]
            for body in bodies {
                let answer = try await user.send(body).expect(200)
                #expect(answer.json == ["authId": ""])
            }
        }
    }

    @Test func `missing members are named`() async throws {
        let keycloak = FakeKeycloak()
        try await keycloak.run { url in
            try await TestStack.run([.tenantManagement], environment: FakeKeycloak.environment(url)) { stack in
                let user = try await TestFirstUser.begin(stack)
                let body = user.body("keycloak")
                let long = JSONValue.string(String(repeating: "x", count: 101))
                let cases: [([String], JSONValue, String)] = [
                    (["tenant", "key"], .null, "/tenant/key: required"),
                    (["tenant", "key"], "other", "/tenant/key: const"),
                    (["tenant", "name"], .null, "/tenant/name: required"),
                    (["tenant", "name"], 7, "/tenant/name: type"),
                    (["tenant", "name"], long, "/tenant/name: maxLength"),
                    (["tenant", "name"], "a\u{0}b", "/tenant/name: pattern"),
                    (["tenant", "contacts"], .null, "/tenant/contacts/0/email: required"),
                    (["tenant", "contacts"], [], "/tenant/contacts/0/email: required"),
                    (["tenant", "contacts", "0", "email"], "x", "/tenant/contacts/0/email: format"),
                    (["tenant", "contacts", "0", "firstName"], 7, "/tenant/contacts/0/firstName: type"),
                    (["tenant", "contacts", "0", "lastName"], long, "/tenant/contacts/0/lastName: maxLength"),
                    (["plan"], [:], "/plan/tier: required"), (["plan", "tier"], "", "/plan/tier: maxLength"),
                    (["plan", "tier"], "GOLD", "/plan/tier: unusable"),
                ]
                for (pointer, value, violation) in cases {
                    let answer = try await user.send(body.replacing(pointer, with: value))
                    #expect(answer.status == 422 && answer.violations == [violation], "\(violation): \(answer.text)")
                }
                // Reserved for tenants, too; this one was there before.
                let reserved = try await TestFirstUser.begin(stack)
                _ = try await stack.database(.tenantManagement).texts(
                    "UPDATE main.tenants SET key = 'master' WHERE id = $1::uuid RETURNING key",
                    [.text(reserved.hook.tenant)])
                let answer = try await reserved.send(
                    reserved.body("keycloak").replacing(["tenant", "key"], with: "master"))
                #expect(answer.status == 422 && answer.violations == ["/tenant/key: not"], "\(answer.text)")
                #expect(keycloak.peer.requests.isEmpty)
                try await stack.tenantManagement.delete("/tenants/\(user.hook.tenant)", token: stack.admin).expect(204)
                #expect(try await user.send(body).status == 401, "the tenant is gone")
            }
        }
    }

    @Test func `a provider that is not configured reports what is missing`() async throws {
        let environment = ["AUTH0_DOMAIN": "acme.eu.auth0.com", "KEYCLOAK_HOST": "https://id.example.com"]
        try await TestStack.run([.tenantManagement], environment: environment) { stack in
            let user = try await TestFirstUser.begin(stack)
            let auth0 = try await user.send(user.body("auth0")).expect(422)
            #expect(auth0.errorCode == "IDENTITY_PROVIDER_NOT_CONFIGURED")
            #expect(auth0.message.contains("AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET are not set"), "\(auth0.text)")
            let keycloak = try await user.send(user.body("keycloak")).expect(422)
            for name in ["KEYCLOAK_ADMIN_USERNAME", "KEYCLOAK_ADMIN_PASSWORD", "DOMAIN_NAME"] {
                #expect(keycloak.message.contains(name) && !keycloak.message.contains("KEYCLOAK_HOST"))
            }
        }
    }

    @Test func `calls are limited`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["WEBHOOK_API_MAX_ATTEMPTS": "2"]) { stack in
            let user = try await TestFirstUser.begin(stack)
            var statuses: [Int] = []
            for _ in 0..<4 { statuses.append(try await user.send([], timestamp: nil, signature: nil).status) }
            #expect(statuses == [401, 401, 401, 401], "without a tenant there is nothing to count by")
            statuses = []
            for _ in 0..<4 { statuses.append(try await user.send(user.body("cognito")).status) }
            #expect(statuses == [200, 200, 429, 429])
        }
    }
}
