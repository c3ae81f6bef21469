import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import RedisClient
import ServiceKit
import StackTestSupport
import Testing

/// Which callbacks count as signed by the orchestrator.
extension WebhookTests {
    @Test func `what is not signed as it should be is refused`() async throws {
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

    @Test func `the secret of an earlier provisioning signs nothing`() async throws {
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
                expire: .seconds(3600))
            await redis.client.shutdown()
            try await first.send().expect(401)
            #expect(try await first.status() == 2)
            try await TestWebhook.of(first.tenant, stack).send().expect(204)
        }
    }

    @Test func `a report that is repeated after the next request was made is accepted`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            try await hook.send().expect(204)
            // The orchestrator has not received the response, and somebody moves the tenant in the meantime.
            try await stack.tenantManagement.post(
                "/tenants/\(hook.tenant)/move", ["target": "silo", "reason": "grows"], token: stack.admin
            ).expect(202)
            try await hook.send().expect(204)
            let named: JSONValue = hook.body().replacing(["data", "context"], with: .string(hook.context))
            try await hook.send(named).expect(204)
            #expect(try await hook.send(hook.body(status: 0)).status == 401, "another report")
            let database = try stack.database(.tenantManagement)
            let requests = try await database.texts(
                "SELECT concat_ws(' ', kind, status) FROM main.provisionings ORDER BY kind")
            #expect(requests == ["0 1", "2 0"])
            #expect(try await hook.status() == 0)
        }
    }

    @Test func `the secret survives an empty Redis`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            let redis = try TestRedis(stack.servers)
            _ = try await redis.client.delete(["webhook-secret:\(hook.tenant)"])
            await redis.client.shutdown()
            try await hook.send().expect(204)
        }
    }

    /// Signature and body as JavaScript clients send them: signed over `JSON.stringify(JSON.parse(body))`.
    @Test func `the signature covers the normalized body or the bytes`() async throws {
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

    @Test func `both test vectors are accepted`() async throws {
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
                "webhook-secret:\(tenant)", Array("\(secret):\(context)".utf8), expire: .seconds(3600))
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
}
