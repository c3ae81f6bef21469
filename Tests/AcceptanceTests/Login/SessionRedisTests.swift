import JSONCoding
import Primitives
import RedisClient
import RedisTestSupport
import StackTestSupport
import TestSupport
import Testing

/// Sessions and the Redis that they are in, which is the test's own.
@Suite struct SessionRedisTests {
    private func run(
        _ environment: [String: String] = [:], _ body: (LoginWorld, RedisServerProcess) async throws -> Void
    ) async throws {
        let redis = try await RedisServerProcess()
        try await withCleanup {
            let address = ["REDIS_HOST": "127.0.0.1", "REDIS_PORT": "\(redis.port)"]
            try await LoginWorld.run(environment: address.merging(environment) { $1 }) { try await body($0, redis) }
        } cleanup: {
            try? await redis.stop()
        }
    }

    @Test func `without Redis sessions stop, tokens go on, and nothing opens`() async throws {
        try await run { world, redis in
            let (browser, late) = (TestBrowser(), TestBrowser())
            try await world.logIn(browser)
            let begun = try await world.begin(late)
            try await redis.stop()
            try await eventually("the session is not looked up any more") {
                try await browser.send("GET", "\(world.url)/tenants").status == 503
            }
            let page = try await browser.send("GET", "\(world.url)/tenants").expect(503)
            #expect(page.response.errorCode == "SESSIONS_UNAVAILABLE" && page.response.headers["retry-after"] == "1")
            #expect(browser.cookies[LoginWorld.sessionCookie] != nil, "the session may come back")
            let unknown = TestBrowser(cookies: [LoginWorld.sessionCookie: String(repeating: "0", count: 64)])
            try await unknown.send("GET", "\(world.url)/tenants").expect(503)
            try await browser.send(
                "POST", "\(world.url)/auth/logout", headers: try world.csrf(browser)
            ).expect(503)
            let client = world.stack.tenantManagement
            try await client.get("/tenants", token: world.stack.admin).expect(200)
            try await client.get("/auth/sessions", token: world.stack.admin).expect(503)
            try await client.delete("/auth/sessions", token: world.stack.admin).expect(503)

            _ = try await world.begin(TestBrowser())
            let code = world.provider.code(for: begun, user: "ann")
            let callback = try await world.finish(late, state: begun.state, code: code).expect(503)
            #expect(callback.setCookies.isEmpty && callback.response.errorCode == "SESSIONS_UNAVAILABLE")

            try await redis.start()
            try await eventually("Redis is used again; it has forgotten the session") {
                try await browser.copy().send("GET", "\(world.url)/tenants").status == 401
            }
            try await world.logIn(browser)
            try await browser.send("GET", "\(world.url)/tenants").expect(200)
        }
    }

    @Test func `without Redis tokens and API keys go on, and what was refused stays refused`() async throws {
        try await run { world, redis in
            let (client, admin) = (world.stack.tenantManagement, world.stack.admin)
            let (key, gone) = (try await world.stack.apiKey(["10207", "10205"]), try await world.stack.apiKey())
            try await client.delete(gone.path, token: admin).expect(204)
            let user = Identifier.v4().description
            let revoked = try await world.stack.tokens.operatorToken(user: user)
            try await client.post("/token-revocations", ["kind": "user", "value": .string(user)], token: admin)
                .expect(201)
            let weak = try await world.stack.tokens.operatorToken(["10207"])
            let tenant = try await world.stack.createTenantID()
            let (browser, ended) = (TestBrowser(), TestBrowser())
            try await world.logIn(browser)
            try await world.logIn(ended)
            let former = ended.copy()
            try await ended.send("POST", "\(world.url)/auth/logout", headers: try world.csrf(ended)).expect(200)
            try await redis.stop()
            try await eventually("sessions are not looked up any more") {
                try await browser.send("GET", "\(world.url)/tenants").status == 503
            }
            for token in [admin, weak, key.text] {
                try await client.get("/tenants/\(tenant)", token: token).expect(200)
                try await client.get("/tenants", token: token).expect(200)
            }
            for (token, name) in [(admin, "By a token"), (key.text, "By a key")] {
                try await client.patch("/tenants/\(tenant)", ["name": .string(name)], token: token).expect(204)
                #expect(try await client.get("/tenants/\(tenant)", token: token).json["name"] == .string(name))
            }
            try await client.patch("/tenants/\(tenant)", ["name": "x"], token: weak).expect(403)
            try await client.get("/contacts", token: key.text).expect(403)
            for token in [revoked, gone.text, APIKeyTests.unknownKey, "x"] {
                try await client.get("/tenants", token: token).expect(401)
            }
            try await client.get("/tenants").expect(401)
            for thief in [former, TestBrowser(cookies: [LoginWorld.sessionCookie: String(repeating: "0", count: 64)])] {
                try await thief.send("GET", "\(world.url)/tenants").expect(503)
                try await thief.send(
                    "GET", "\(world.url)/tenants", headers: ["authorization": "Bearer \(admin)"]
                ).expect(401)
            }
        }
    }

    @Test func `whoever reads or writes Redis becomes nobody`() async throws {
        try await run { world, redis in
            let client = RedisClient(configuration: redis.configuration, logger: testLogger)
            try await withCleanup {
                try await check(world, client)
            } cleanup: {
                await client.shutdown()
            }
        }
    }

    private func check(_ world: LoginWorld, _ client: RedisClient) async throws {
        let (user, viewer, admin) = (Identifier.v4().description, TestBrowser(), TestBrowser())
        try await world.logIn(viewer, user: user, groups: ["viewers"])
        let before = Set(try await keys(client, "session:*"))
        #expect(before.count == 1)
        try await world.logIn(admin, user: user)
        let tokens = [viewer, admin].compactMap { $0.cookies[LoginWorld.sessionCookie] }
        #expect(tokens.count == 2)
        for key in try await keys(client, "*") {
            var texts = [key]
            if key.hasPrefix("session:") || key.hasPrefix("sessions-of:") {
                texts += try await client.send(["HVALS", .text(key)]).array?.compactMap(\.text) ?? []
            }
            for text in texts {
                #expect(
                    !tokens.contains { text.contains($0) } && !text.contains(user) && !text.contains("Ann"), "\(key)")
            }
        }
        // The operator's contents under the viewer's key, and a longer life.
        let target = try #require(before.first)
        let source = try #require(try await keys(client, "session:*").first { $0 != target })
        let data = try #require(try await client.send(["HGET", .text(source), "data"]).bytes)
        let own = try #require(try await client.send(["HGET", .text(target), "data"]).bytes)
        _ = try await client.send(["HSET", .text(target), "data", .bytes(data)])
        try await viewer.copy().send("GET", "\(world.url)/tenants").expect(401)
        _ = try await client.send(["HSET", .text(target), "data", .bytes(own)])
        try await viewer.send("GET", "\(world.url)/tenants").expect(200)
        try await admin.send("GET", "\(world.url)/contacts").expect(200)
    }

    private func keys(_ client: RedisClient, _ pattern: String) async throws -> [String] {
        try await client.send(["KEYS", .text(pattern)]).array?.compactMap(\.text) ?? []
    }

    @Test func `services that use another database of Redis share the sessions`() async throws {
        try await run(["SESSION_REDIS_DATABASE": "3"]) { world, redis in
            let browser = TestBrowser()
            try await world.logIn(browser)
            let node = try await world.stack.startNode(.tenantManagement, environment: ["REDIS_DATABASE": "5"])
            try await browser.send("GET", "\(node.client.url)/tenants").expect(200)
            let other = try await world.stack.startNode(.tenantManagement, environment: ["SESSION_REDIS_DATABASE": "4"])
            try await browser.copy().send("GET", "\(other.client.url)/tenants").expect(401)
        }
    }
}
