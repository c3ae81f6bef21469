import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import RedisClient
import ServiceKit
import StackTestSupport
import Testing

/// The signed callback (docs/contract/arc-api.md 9.4, 9.5, 12.6).
@Suite struct WebhookTests {
    @Test func aSuccessMakesTheTenantActiveWithAllItsResources() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            let resources: JSONValue = [
                ["type": "bucket", "metadata": ["bucket": "b", "path": "p"]],
                ["type": "database", "metadata": ["name": "d", "size": 1]],
                ["type": "queue", "externalIdentifier": "q-1", "metadata": [:]],
                ["type": "other", "metadata": ["x": [1, 2, ["y": .null]]]],
            ]
            try await hook.send(hook.body(resources: resources)).expect(204)
            #expect(try await hook.status() == 0)
            #expect(try await hook.resources() == ["bucket b", "database d", "other other-3", "queue q-1"])
            let mail = try await stack.mails.mail(containing: "is ready")
            #expect(mail.contains("https://t.example.com") && mail.contains("Ann"))
            let filter: JSONValue = ["include": ["resources"]]
            let shown = try await stack.tenantManagement.get(
                "/tenants/\(hook.tenant)?\(filter.parameter())", token: stack.admin)
            #expect(shown.json["resources"]?.arrayValue?.count == 4)
        }
    }

    @Test func aFailureMakesTheTenantFailedAndItCanBeProvisionedAgain() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            try await hook.send(hook.body(status: 0)).expect(204)
            #expect(try await hook.status() == 3)
            #expect(try await hook.resources().isEmpty)
            try await stack.tenantManagement.post(
                "/tenants/\(hook.tenant)/provision", ["id": "1", "plan": ["tier": "BASIC"]], token: stack.admin
            ).expect(204)
            try await hook.send().expect(401)
            let again = try await TestWebhook.of(hook.tenant, stack)
            #expect(again.secret != hook.secret && again.context != hook.context)
            try await again.send().expect(204)
            #expect(try await hook.status() == 0)
        }
    }

    @Test func whatIsNotSignedAsItShouldBeIsRefused() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            let body = hook.body()
            let bytes = body.serialized()
            let now = TestWebhook.now()
            let signature = hook.signature(bytes, timestamp: now)
            let old = TestWebhook.now(-20_050)
            let future = TestWebhook.now(60_000)
            let cases: [(String, String?, String?)] = [
                ("older than the tolerance", old, hook.signature(bytes, timestamp: old)),
                ("from the future", future, hook.signature(bytes, timestamp: future)),
                ("forged", now, signature.dropLast(4) + "abcd"), ("truncated", now, String(signature.dropLast(2))),
                ("timestamp not a number", "what", signature), ("no timestamp", nil, signature),
                ("signature empty", now, ""), ("no signature", now, nil),
                ("another timestamp", TestWebhook.now(1000), signature),
                ("huge timestamp", "1e300", signature), ("infinite timestamp", "inf", signature),
                ("not hexadecimal", now, String(repeating: "z", count: 64)),
            ]
            for (what, timestamp, signature) in cases {
                let answer = try await hook.send(bytes, timestamp: timestamp, signature: signature)
                #expect(
                    answer.status == 401 && answer.message == "Unauthorized", "\(what): \(answer.status) \(answer.text)"
                )
            }
            let other = TestWebhook(
                stack: stack, tenant: Identifier.v4().description, secret: hook.secret, context: hook.context)
            try await other.send().expect(401)
            let named = TestWebhook(stack: stack, tenant: "nobody", secret: hook.secret, context: hook.context)
            try await named.send().expect(401)
            let context = TestWebhook(
                stack: stack, tenant: hook.tenant, secret: hook.secret, context: Identifier.v4().description)
            try await context.send().expect(401)
            try await hook.send([], timestamp: now, signature: hook.signature([], timestamp: now)).expect(401)
            #expect(try await hook.status() == 2)
            #expect(try await hook.resources().isEmpty)
        }
    }

    @Test func whatIsSignedButMeaninglessIsExplained() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            let type: JSONValue = hook.body().replacing(["type"], with: 2)
            #expect(try await hook.send(type).status == 422)
            let wrong: [([String], JSONValue, String)] = [
                (["data", "status"], "ok", "/data/status"), (["data", "resources"], "none", "/data/resources"),
                (["data", "resources", "0", "type"], 1, "/data/resources/0/type"),
                (["data", "resources", "0", "metadata"], "x", "/data/resources/0/metadata"),
            ]
            for (pointer, value, path) in wrong {
                let answer = try await hook.send(hook.body().replacing(pointer, with: value))
                #expect(answer.status == 422, "\(pointer): \(answer.text)")
                #expect(answer.details.contains { $0["path"]?.stringValue == path }, "\(answer.text)")
            }
            let hostile: [JSONValue] = [
                ["type": "b\u{0}", "metadata": ["bucket": "b"]], ["type": "b", "metadata": ["bucket": "b\u{0}"]],
                ["type": "b", "metadata": ["a\u{0}": 1]],
                ["type": "b", "externalIdentifier": .string(String(repeating: "x", count: 201)), "metadata": [:]],
                ["type": .string(String(repeating: "x", count: 101)), "metadata": [:]], .null, "x",
            ]
            for resource in hostile {
                let answer = try await hook.send(hook.body(resources: [resource]))
                #expect(answer.status == 422, "\(resource): \(answer.status) \(answer.text)")
            }
            #expect(try await hook.status() == 2)
            try await hook.send().expect(204)
        }
    }

    @Test func `two resources of one name and different type are two`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            let resources: [JSONValue] = [
                ["type": "bucket", "externalIdentifier": "acme", "metadata": [:]],
                ["type": "database", "externalIdentifier": "acme", "metadata": [:]],
                ["type": "bucket", "externalIdentifier": "acme", "metadata": ["again": true]],
            ]
            try await hook.send(hook.body(resources: .array(resources))).expect(204)
            #expect(try await hook.resources() == ["bucket acme", "database acme"])
        }
    }

    @Test func `the same content in another form is the same callback, other content is not`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            let send = { (text: String) in
                let bytes = Array(text.utf8)
                let now = TestWebhook.now()
                return try await hook.send(bytes, timestamp: now, signature: hook.signature(bytes, timestamp: now))
            }
            let tenant = hook.tenant
            try await send(
                #"{"initiatorId":"\#(tenant)","type":0,"data":{"status":1,"resources":[{"type":"b","metadata":{"a":1,"b":"é"}}]}}"#
            ).expect(204)
            try await send(
                #"""
                { "type": 0.0, "initiatorId": "\#(tenant)",
                  "data": {"resources": [{"metadata": {"b": "\u00e9", "a": 1}, "type": "b"}], "status": 1e0} }
                """#
            ).expect(204)
            let other = try await send(
                #"{"initiatorId":"\#(tenant)","type":0,"data":{"status":1,"resources":[{"type":"c","metadata":{}}]}}"#)
            #expect(other.status == 401)
            #expect(try await hook.resources() == ["b b-0"])
        }
    }

    @Test func whatTheOriginalAcceptsWithoutStatusOrType() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            try await hook.send(hook.body(resources: [["metadata": ["bucket": "b"]]])).expect(204)
            #expect(try await hook.status() == 0)
            #expect(try await hook.resources() == ["bucket b"])
            let failed = try await TestWebhook.begin(stack)
            try await failed.send(["initiatorId": .string(failed.tenant), "type": 0, "data": [:]]).expect(204)
            #expect(try await failed.status() == 3)
        }
    }

    @Test func aCopyOfAnEarlierProvisioningSignsNothing() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let first = try await TestWebhook.begin(stack)
            try await first.send(first.body(status: 0)).expect(204)
            try await stack.tenantManagement.post(
                "/tenants/\(first.tenant)/provision", ["id": "1", "plan": ["tier": "BASIC"]], token: stack.admin
            ).expect(204)
            // As if Redis had missed the newer one.
            let redis = try TestRedis(stack.servers)
            _ = try await redis.client.set(
                "webhook-secret:\(first.tenant)", Array("\(first.secret):\(first.context)".utf8),
                expire: .seconds(60))
            await redis.client.shutdown()
            try await first.send().expect(401)
            #expect(try await first.status() == 2)
            try await TestWebhook.of(first.tenant, stack).send().expect(204)
        }
    }

    @Test func repeatedAndConcurrentDeliveriesHaveOneEffect() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<10 { group.addTask { try await hook.send().status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.allSatisfy { $0 == 204 }, "\(statuses)")
            #expect(try await hook.send().status == 204, "a replay with a new timestamp")
            #expect(
                try await hook.send(hook.body(resources: [["type": "x", "metadata": [:]]])).status == 401,
                "another report")
            #expect(try await hook.send(hook.body(status: 0)).status == 401)
            #expect(try await hook.status() == 0)
            #expect(try await hook.resources() == ["bucket b"])
            try await eventually("the welcome mail") { try await hook.welcomes() >= 1 }
            #expect(try await hook.welcomes() == 1)
            #expect(
                try await stack.database(.tenantManagement).count(
                    "SELECT count(*) FROM main.outbox WHERE type = 'TENANT_PROVISIONING_SUCCESS'") == 1)
        }
    }

    @Test func tenantsThatAreNotBeingProvisionedAreLeftAlone() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            let database = try stack.database(.tenantManagement)
            try await database.query("UPDATE main.tenants SET status = 5")
            try await hook.send().expect(401)
            #expect(try await database.count("SELECT status FROM main.tenants") == 5)
            #expect(try await hook.resources().isEmpty)
            try await database.query("UPDATE main.tenants SET status = 2, deleted = true")
            try await hook.send().expect(401)
        }
    }

    @Test func withoutAPrimaryContactNobodyIsGreeted() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            try await stack.database(.tenantManagement).query("UPDATE main.contacts SET deleted = true")
            try await hook.send().expect(204)
            #expect(try await hook.status() == 0)
            #expect(try await hook.welcomes() == 0)
        }
    }

    @Test func theSecretSurvivesAnEmptyRedis() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            let redis = try TestRedis(stack.servers)
            _ = try await redis.client.delete(["webhook-secret:\(hook.tenant)"])
            await redis.client.shutdown()
            try await hook.send().expect(204)
        }
    }

    /// Signature and body as JavaScript clients send them: signed over `JSON.stringify(JSON.parse(body))`.
    @Test func theSignatureIsOverTheNormalisedBodyOrOverTheBytes() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            for isNormalised in [true, false] {
                let hook = try await TestWebhook.begin(stack)
                let raw = Array(
                    #"{ "initiatorId": "\#(hook.tenant)", "type": 0.0, "data": {"status": 1e0, "resources": [], "10": 1.50, "2": "\u0041é"} }"#
                        .utf8)
                let normalized = Array(
                    #"{"initiatorId":"\#(hook.tenant)","type":0,"data":{"2":"Aé","10":1.5,"status":1,"resources":[]}}"#
                        .utf8)
                let now = TestWebhook.now()
                let signature = hook.signature(isNormalised ? normalized : raw, timestamp: now)
                #expect(try await hook.send(raw, timestamp: now, signature: signature).status == 204)
            }
        }
    }

    @Test func bothTestVectorsAreAccepted() async throws {
        let secret = "0123456789abcdef0123456789abcdef"
        let tenant = "11111111-1111-1111-1111-111111111111"
        let context = "22222222-2222-2222-2222-222222222222"
        let timestamp: Int64 = 1_700_000_000_000
        let body = Array(
            #"{"initiatorId":"\#(tenant)","type":0,"data":{"status":1,"resources":[{"type":"bucket","metadata":{"bucket":"b","path":"p"}}],"appPlaneUrl":"https://t.example.com"}}"#
                .utf8)
        let users = Array(#"{"tenant":{"id":"\#(tenant)","identityProvider":"auth0"},"plan":{"tier":"PREMIUM"}}"#.utf8)
        #expect(
            WebhookSignature.sign(body: users, context: nil, timestampMilliseconds: timestamp, secret: secret)
                == "f6b8c4ed1378a657fac3834289d16afdddf55689b35ab5da2342a2ce76f48ba2")
        let clock = ManualClock(Timestamp(milliseconds: timestamp))
        try await TestStack.run([.tenantManagement], clock: clock) { stack in
            try await stack.database(.tenantManagement).query(
                "INSERT INTO main.tenants (id, name, status, key) VALUES ($1::uuid, 'Vector', 2, 'vector')",
                [.text(tenant)])
            try await stack.database(.tenantManagement).query(
                """
                INSERT INTO main.provisionings (id, tenant_id, requested_on, expires_on)
                VALUES ($1::uuid, $2::uuid, now(), now())
                """, [.text(context), .text(tenant)])
            let redis = try TestRedis(stack.servers)
            _ = try await redis.client.set(
                "webhook-secret:\(tenant)", Array("\(secret):\(context)".utf8), expire: .seconds(60))
            await redis.client.shutdown()
            let answer = try await stack.tenantManagement.send(
                "POST", "/webhook", bytes: body,
                headers: [
                    "x-timestamp": String(timestamp),
                    "x-signature": "0caa0d4da41f569c6429b26236d5b47a0d621354699d130cbee71975b6ed55c6",
                ])
            #expect(answer.status == 204, "\(answer.text)")
        }
    }

    @Test func theRateLimitIsPerTenant() async throws {
        try await TestStack.run([.tenantManagement], environment: ["WEBHOOK_API_MAX_ATTEMPTS": "2"]) { stack in
            let first = try await TestWebhook.begin(stack)
            let second = try await TestWebhook.begin(stack)
            try await first.send().expect(204)
            try await first.send().expect(204)
            let refused = try await first.send().expect(429)
            #expect(refused.headers["retry-after"] != nil)
            try await second.send().expect(204)
        }
    }
}

/// A client of the tests' Redis.
struct TestRedis {
    let client: RedisClient

    init(_ servers: TestServers) throws {
        client = RedisClient(
            configuration: RedisConfiguration(endpoint: .host(servers.redisHost, port: Int(servers.redisPort) ?? 0)),
            logger: testLogger)
    }
}
