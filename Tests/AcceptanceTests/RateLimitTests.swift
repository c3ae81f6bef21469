import Foundation
import JSONCoding
import StackTestSupport
import TestSupport
import Testing

/// Limits of calls by tenant, plan, caller, address and account, over HTTP.
@Suite(.timeLimit(.minutes(20))) struct RateLimitTests {
    @Test func `two nodes together let exactly as many concurrent calls through as one account may make`() async throws
    {
        try await TestStack.run([.tenantManagement], environment: ["LEAD_MAILS_PER_ADDRESS": "5"]) { stack in
            let clients = [stack.tenantManagement, try await stack.startNode(.tenantManagement).client]
            let body: JSONValue = .object(TestStack.leadBody(TestStack.uniqueKey()))
            let answers = try await withThrowingTaskGroup(of: TestResponse.self) { group in
                for call in 0..<40 {
                    group.addTask { try await clients[call % 2].post("/leads", body) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0.status == 201 } == 5)
            #expect(answers.count { $0.status == 429 } == 35)
            let refused = try #require(answers.first { $0.status == 429 })
            #expect(refused.json["error"]?["code"] == "RATE_LIMITED")
            #expect(refused.headers["ratelimit"]?.hasPrefix("\"account\";r=0;t=") == true)
            #expect(refused.headers["ratelimit-policy"]?.contains("\"account\";q=5;w=3600") == true)
            #expect(refused.headers["x-ratelimit-limit"] == "5" && refused.headers["x-ratelimit-remaining"] == "0")
        }
    }

    @Test func `an invalid registration does not count against the mailbox that it names`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["LEAD_MAILS_PER_ADDRESS": "1"]) { stack in
            var body = TestStack.leadBody(TestStack.uniqueKey())
            let name = body["firstName"]
            body["firstName"] = nil
            for _ in 0..<3 { try await stack.tenantManagement.post("/leads", .object(body)).expect(422) }
            body["firstName"] = name
            try await stack.tenantManagement.post("/leads", .object(body)).expect(201)
            try await stack.tenantManagement.post("/leads", .object(body)).expect(429)
        }
    }

    @Test func `the users of a tenant share its limit, and other tenants and operators are not affected`() async throws
    {
        try await TestStack.run([.tenantManagement], environment: ["RATE_LIMIT_TENANT": "search=3"]) { stack in
            let tenants = [try await stack.createTenantID(), try await stack.createTenantID()]
            // Every 20 seconds one more call is allowed, and this machine may be slow.
            let refused = try await eventually("a call is refused", every: .zero) { () -> TestResponse? in
                let user = try await stack.tokens.userToken(tenant: tenants[0])
                let answer = try await stack.tenantManagement.get("/contacts", token: user)
                guard answer.status == 200 else { return answer }
                #expect(answer.headers["ratelimit-policy"] == "\"tenant\";q=3;w=60")
                return nil
            }
            #expect(refused.status == 429 && Int(refused.headers["retry-after"] ?? "") ?? 0 > 0)
            let other = try await stack.tokens.userToken(tenant: tenants[1])
            try await stack.tenantManagement.get("/contacts", token: other).expect(200)
            let admin = try await stack.tenantManagement.get("/contacts", token: stack.admin).expect(200)
            #expect(admin.headers["ratelimit"] == nil, "operators have no limit by tenant")
            let own = try await stack.tokens.userToken(tenant: tenants[0])
            let read = try await stack.tenantManagement.get("/tenants/\(tenants[0])", token: own).expect(200)
            #expect(read.headers["ratelimit"] == nil, "a cached read is not counted")
        }
    }

    @Test func `a tenant has the limits of its plan`() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("limits-\(UUID().uuidString).json")
        try Data(#"{"tenant": {"search": 50}, "plans": {"basic": {"search": 70}, "PREMIUM": {"search": 90}}}"#.utf8)
            .write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try await TestStack.run([.tenantManagement], environment: ["RATE_LIMITS_FILE": file.path]) { stack in
            for (tier, limit) in [("BASIC", "70"), ("PREMIUM", "90"), ("OTHER", "50")] {
                var body = TestStack.tenantBody()
                body["tier"] = .string(tier)
                let created = try await stack.tenantManagement.post("/tenants", .object(body), token: stack.admin)
                let tenant = try created.expect(201).string("id")
                let user = try await stack.tokens.userToken(tenant: tenant)
                let answer = try await stack.tenantManagement.get("/contacts", token: user).expect(200)
                #expect(answer.headers["x-ratelimit-limit"] == limit, "\(tier)")
            }
        }
    }

    @Test func `a caller and an address have limits of their own`() async throws {
        let limits = ["RATE_LIMIT_CALLER": "read=60", "RATE_LIMIT_ADDRESS": "read=3", "RATE_LIMIT_REQUEST_CAP": "45"]
        try await TestStack.run([.tenantManagement], environment: limits) { stack in
            let tenant = try await stack.createTenantID()
            let answer = try await stack.tenantManagement.get("/tenants/\(tenant)", token: stack.admin).expect(200)
            #expect(
                answer.headers["ratelimit-policy"]
                    == "\"requests\";q=45;w=60, \"address\";q=3;w=60, \"caller\";q=60;w=60")
            #expect(answer.headers["ratelimit"]?.hasPrefix("\"address\";r=") == true)
            let refused = try await eventually("a call is refused", every: .zero) { () -> TestResponse? in
                let answer = try await stack.tenantManagement.get("/tenants/\(tenant)", token: stack.admin)
                return answer.status == 429 ? answer : nil
            }
            #expect(refused.headers["ratelimit"]?.hasPrefix("\"address\";r=0;t=") == true)
            try await stack.tenantManagement.get("/ping").expect(200)
            try await stack.tenantManagement.get("/health/live").expect(200)
        }
    }

    @Test func `secrets for one API key cannot be tried from many addresses`() async throws {
        let limits = ["RATE_LIMIT_FAILURES": "20", "TRUSTED_PROXIES": "127.0.0.1"]
        try await TestStack.run([.tenantManagement], environment: limits) { stack in
            var statuses: [Int] = []
            for number in 1...6 {
                let answer = try await stack.tenantManagement.send(
                    "GET", "/tenants/count",
                    headers: [
                        "x-api-key": "arc_01234567\(number)" + String(repeating: "x", count: 40),
                        "x-forwarded-for": "203.0.113.\(number)",
                    ])
                statuses.append(answer.status)
            }
            #expect(statuses.prefix(2) == [401, 401] && statuses.contains(429), "\(statuses)")
        }
    }

    @Test func `wrong credentials are limited, and valid ones from the same address go on`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["RATE_LIMIT_FAILURES": "3"]) { stack in
            let refused = try await eventually("a call is refused", every: .zero) { () -> TestResponse? in
                let answer = try await stack.tenantManagement.get("/tenants/count", token: "wrong")
                #expect([401, 429].contains(answer.status))
                return answer.status == 429 ? answer : nil
            }
            #expect(refused.headers["ratelimit"]?.hasPrefix("\"failures\";r=0;t=") == true)
            try await stack.tenantManagement.get("/tenants/count", token: stack.admin).expect(200)
            try await stack.tenantManagement.get("/tenants/count").expect(401)
        }
    }
}
