import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import RedisClient
import StackTestSupport
import Testing

/// Registration, verification and what a lead may do (issue points 1 to 3; docs/contract/arc-api.md 5.2, 12.3, 12.4).
@Suite struct LeadTests {
    @Test func `the key is sent by mail only`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let name = TestStack.uniqueKey()
            let answer = try await stack.tenantManagement.post("/leads", .object(TestStack.leadBody(name))).expect(201)
            #expect(answer.json.objectValue?.keys == ["id"])
            let lead = try answer.string("id")
            #expect(answer.headers["location"] == "/leads/\(lead)")
            let key = try await stack.mails.key(ofLead: lead)
            #expect(key.count == 36)
            let database = try stack.database(.tenantManagement)
            let stored = try await database.texts(
                "SELECT l::text FROM main.lead_keys l UNION ALL SELECT n::text FROM main.notifications n")
            #expect(!stored.contains { $0.contains(key) }, "no key lies in the database in clear")
        }
    }

    @Test func `the key is in the response if so configured`() async throws {
        try await TestStack.run(
            [.tenantManagement], environment: ["LEAD_KEY_IN_RESPONSE": "true", "LEAD_KEY_LENGTH": "20"]
        ) { stack in
            let body = TestStack.leadBody(TestStack.uniqueKey())
            let answer = try await stack.tenantManagement.post("/leads", .object(body)).expect(201)
            let key = try answer.string("key")
            #expect(key.count == 20)
            let lead = try answer.string("id")
            try await stack.tenantManagement.post("/leads/\(lead)/verify", token: key).expect(200)
        }
    }

    @Test func `addresses are normalized and checked`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let name = TestStack.uniqueKey()
            var body = TestStack.leadBody(name)
            body["email"] = .string("  Ann@\(name.uppercased()).Example.COM ")
            let sent = try await stack.tenantManagement.post("/leads", .object(body))
            if sent.status == 201 {
                let lead = try await stack.tenantManagement.get("/leads/\(try sent.string("id"))", token: stack.admin)
                    .expect(200)
                #expect(lead.json["email"]?.stringValue == "ann@\(name).example.com")
            } else {
                #expect(sent.status == 422 && sent.violations == ["/email: format"])
            }
            body["email"] = .string("ANN@\(name).Example.COM")
            let second = try await stack.tenantManagement.post("/leads", .object(body)).expect(201)
            let lead = try await stack.tenantManagement.get("/leads/\(try second.string("id"))", token: stack.admin)
                .expect(200)
            #expect(lead.json["email"]?.stringValue == "ann@\(name).example.com")
            for email in [
                "", "ann", "ann@", "@acme.com", "ann@acme", "a b@acme.com", "ann@acme..com", "ann@-acme.com",
                "a@b@c.com",
            ] {
                body["email"] = .string(email)
                let refused = try await stack.tenantManagement.post("/leads", .object(body))
                #expect(refused.status == 422 && refused.violations == ["/email: format"], "\(email): \(refused.text)")
            }
        }
    }

    @Test func `audit fields are accepted and ignored`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let audit: JSONObject = [
                "deleted": true, "deletedOn": "2020-01-01T00:00:00.000Z", "deletedBy": "x",
                "createdOn": "2020-01-01T00:00:00.000Z", "modifiedOn": "2020-01-01T00:00:00.000Z", "createdBy": "x",
                "modifiedBy": "x",
            ]
            var lead = TestStack.leadBody(TestStack.uniqueKey())
            var address: JSONObject = ["country": "India"]
            var tenant = TestStack.tenantBody()
            var contact = tenant["contact"]?.objectValue ?? [:]
            for (name, value) in audit {
                lead[name] = value
                address[name] = value
                contact[name] = value
            }
            lead["address"] = .object(address)
            tenant["contact"] = .object(contact)
            let client = stack.tenantManagement
            let id = try await client.post("/leads", .object(lead)).expect(201).string("id")
            let shown = try await client.get("/leads/\(id)", token: stack.admin).expect(200).json
            #expect(shown["deleted"] == false && shown["createdBy"] != "x", "\(shown)")
            let created = try await client.post("/tenants", .object(tenant), token: stack.admin).expect(201)
            let first = created.json["contacts"]?.arrayValue?.first
            #expect(first?["deleted"] == false && first?["createdBy"] != "x", "\(created.text)")
            lead["addressId"] = .identifier(.v4())
            try await client.post("/leads", .object(lead)).expect(422)
        }
    }

    @Test func `a validated address cannot be registered again`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["LEAD_DUPLICATE_RESPONSE": "conflict"]) { stack in
            let name = TestStack.uniqueKey()
            let first = try await stack.tenantManagement.post("/leads", .object(TestStack.leadBody(name))).expect(201)
                .string("id")
            let second = try await stack.tenantManagement.post("/leads", .object(TestStack.leadBody(name))).expect(201)
                .string("id")
            let firstKey = try await stack.mails.key(ofLead: first)
            let secondKey = try await stack.mails.key(ofLead: second)
            try await stack.tenantManagement.post("/leads/\(first)/verify", token: firstKey).expect(200)
            try await stack.tenantManagement.post("/leads/\(second)/verify", token: secondKey).expect(409)
            var shouted = TestStack.leadBody(name)
            shouted["email"] = .string("ANN@\(name).EXAMPLE.COM")
            let third = try await stack.tenantManagement.post("/leads", .object(shouted)).expect(409)
            #expect(third.errorName == "ConflictError")
        }
    }

    @Test func `a key works once, however many requests are concurrent`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let name = TestStack.uniqueKey()
            let lead = try await stack.tenantManagement.post("/leads", .object(TestStack.leadBody(name))).expect(201)
                .string("id")
            let key = try await stack.mails.key(ofLead: lead)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await stack.tenantManagement.post("/leads/\(lead)/verify", token: key).status }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }.sorted()
            }
            #expect(statuses == [200] + Array(repeating: 401, count: 19))
        }
    }

    @Test func `a key works for its lead only, and until it expires`() async throws {
        let clock = ManualClock(SystemClock().now())
        try await TestStack.run([.tenantManagement], environment: ["VALIDATION_TOKEN_EXPIRY": "300000"], clock: clock) {
            stack in
            let names = [TestStack.uniqueKey(), TestStack.uniqueKey()]
            var leads: [String] = []
            for name in names {
                leads.append(
                    try await stack.tenantManagement.post("/leads", .object(TestStack.leadBody(name))).expect(201)
                        .string("id"))
            }
            let keys = [try await stack.mails.key(ofLead: leads[0]), try await stack.mails.key(ofLead: leads[1])]
            try await stack.tenantManagement.post("/leads/\(leads[1])/verify", token: keys[0]).expect(401)
            try await stack.tenantManagement.post("/leads/\(leads[0])/verify", token: "0123456789abcdef").expect(401)
            try await stack.tenantManagement.post("/leads/\(leads[0])/verify").expect(401)
            try await stack.tenantManagement.post("/leads/not-a-uuid/verify", token: keys[0]).expect(401)
            clock.advance(by: .seconds(299))
            try await stack.tenantManagement.post("/leads/\(leads[0])/verify", token: keys[0]).expect(200)
            clock.advance(by: .seconds(2))
            try await stack.tenantManagement.post("/leads/\(leads[1])/verify", token: keys[1]).expect(401)
        }
    }

    @Test func `a lead's token reads this lead only`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let (lead, token) = try await stack.validatedLead(TestStack.uniqueKey())
            let (other, _) = try await stack.validatedLead(TestStack.uniqueKey())
            let tenant = try await stack.createTenantID()
            let client = stack.tenantManagement
            #expect(
                try await client.get("/leads", token: token).expect(200).json.arrayValue?.compactMap {
                    $0["id"]?.stringValue
                } == [lead])
            #expect(try await client.get("/leads/count", token: token).expect(200).json["count"] == 1)
            try await client.get("/leads/\(lead)", token: token).expect(200)
            try await client.get("/leads/\(other)", token: token).expect(404)
            try await client.post("/leads/\(other)/tenants", ["key": "x", "domains": []], token: token).expect(401)
            for path in ["/tenants", "/tenants/\(tenant)", "/contacts", "/invoices", "/tenant-configs"] {
                try await client.get(path, token: token).expect(403)
            }
            try await client.post("/tenants", .object(TestStack.tenantBody()), token: token).expect(403)
            try await client.post("/tenants/\(tenant)/provision", ["id": "1", "plan": ["tier": "BASIC"]], token: token)
                .expect(403)
            try await stack.subscription.get("/plans", token: token).expect(200)
            try await stack.subscription.get("/subscriptions", token: token).expect(403)
            let plan = try await stack.subscription.post("/plans", ["name": "x"], token: token)
            #expect([403, 422].contains(plan.status), "\(plan.text)")
        }
    }

    @Test func `writes to leads are not allowed`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let (lead, _) = try await stack.validatedLead(TestStack.uniqueKey())
            for (method, path) in [
                ("PATCH", "/leads"), ("PATCH", "/leads/\(lead)"), ("PUT", "/leads/\(lead)"),
                ("DELETE", "/leads/\(lead)"),
            ] {
                let answer = try await stack.tenantManagement.send(
                    method, path, method == "DELETE" ? nil : ["firstName": "x"], token: stack.admin)
                #expect(answer.status == 405 && answer.errorName == "MethodNotAllowedError", "\(method) \(path)")
                #expect(answer.headers["allow"]?.contains(method) == false)
            }
        }
    }

    @Test func `the rate limit is announced and enforced`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["PUBLIC_API_MAX_ATTEMPTS": "3"]) { stack in
            // Every 20 seconds one more call is allowed, and this machine may be slow.
            var allowed = 0
            let refused = try await eventually("a call is refused", every: .zero) { () -> TestResponse? in
                let answer = try await stack.tenantManagement.post(
                    "/leads", .object(TestStack.leadBody(TestStack.uniqueKey())))
                if answer.status == 429 { return answer }
                allowed += 1
                try answer.expect(201)
                #expect(answer.headers["x-ratelimit-limit"] == "3")
                let remaining = try #require(answer.headers["x-ratelimit-remaining"].flatMap { Int($0) })
                #expect((max(0, 3 - allowed)...2).contains(remaining))
                #expect(answer.headers["x-ratelimit-reset"] != nil)
                return nil
            }
            #expect(allowed >= 3)
            #expect(refused.message == "Method rate limit reached !")
            try await useUpForAnHour(stack)
            #expect(Int(refused.headers["retry-after"] ?? "") ?? 0 > 0)
            let forged = try await stack.tenantManagement.send(
                "POST", "/leads", .object(TestStack.leadBody(TestStack.uniqueKey())),
                headers: ["x-forwarded-for": "203.0.113.9"])
            #expect(forged.status == 429, "a header that anybody can send changes nothing")
            let node = try await stack.startNode(.tenantManagement)
            let elsewhere = try await node.client.post("/leads", .object(TestStack.leadBody(TestStack.uniqueKey())))
            #expect(elsewhere.status == 429, "all nodes share the limit")
            #expect(try await stack.tenantManagement.get("/ping").status == 200)
        }
    }

    /// Puts the next call that a limit allows off, so that what follows does not depend on how long it takes.
    private func useUpForAnHour(_ stack: TestStack) async throws {
        let redis = try TestRedis(stack.servers).client
        let pattern = "rl:test-\(stack.mails.path.suffix(12))_*"
        let changed = try await redis.evaluate(
            RedisScript(
                """
                local keys = redis.call('KEYS', ARGV[1])
                for _, key in ipairs(keys) do
                    redis.call('INCRBY', key, 3600000000)
                    redis.call('PERSIST', key)
                end
                return #keys
                """), keys: [], arguments: [RedisArgument(pattern)])
        #expect(changed.integer ?? 0 >= 1, "the limit is kept in Redis")
        await redis.shutdown()
    }
}
