import JSONCoding
import Primitives
import StackTestSupport
import TestSupport
import Testing

/// What a session is good for, and when it ends.
@Suite struct SessionTests {
    private static let target = "/tenants/\(WalkTests.unknown)"

    @Test func `changes need the token of their session`() async throws {
        try await LoginWorld.run { world in
            let (browser, other) = (TestBrowser(), TestBrowser())
            try await world.logIn(browser)
            try await world.logIn(other)
            let (own, foreign) = (try world.csrf(browser), try world.csrf(other))
            func delete(_ headers: [String: String]) async throws -> TestBrowser.Page {
                try await browser.send("DELETE", "\(world.url)\(Self.target)", headers: headers)
            }
            try await delete(own).expect(404)
            let wrong: [[String: String]] = [
                [:], foreign, ["x-csrf-token": ""], ["x-csrf-token": "x"],
                ["x-csrf-token": browser.cookies[LoginWorld.sessionCookie] ?? ""],
                ["x-csrf-token": "\(own["x-csrf-token"] ?? ""), x"],
            ]
            for headers in wrong {
                let page = try await delete(headers).expect(403)
                #expect(page.response.errorCode == "CSRF_TOKEN_INVALID")
            }
            for (method, path) in [("DELETE", Self.target), ("PATCH", Self.target), ("POST", "/auth/logout")] {
                let page = try await browser.send(method, "\(world.url)\(path)", [:])
                #expect(page.response.errorCode == "CSRF_TOKEN_INVALID", "\(method) \(path)")
            }
            try await browser.send("GET", "\(world.url)/tenants").expect(200)
            try await browser.send("HEAD", "\(world.url)/tenants").expect(200)
        }
    }

    @Test func `changes from pages of other sites are refused even with the token`() async throws {
        try await LoginWorld.run(environment: ["CORS_ALLOWED_ORIGINS": "https://ui.example.com"]) { world in
            let browser = TestBrowser()
            try await world.logIn(browser)
            func delete(_ headers: [String: String]) async throws -> TestBrowser.Page {
                try await browser.send(
                    "DELETE", "\(world.url)\(Self.target)", headers: try world.csrf(browser).merging(headers) { $1 })
            }
            for origin in [
                "https://evil.example", "null", "https://arc.example.com.evil.example", "http://arc.example.com",
            ] {
                let page = try await delete(["origin": origin]).expect(403)
                #expect(page.response.errorCode == "ORIGIN_NOT_ALLOWED")
                #expect(page.response.headers["access-control-allow-credentials"] == nil)
            }
            try await delete(["sec-fetch-site": "cross-site"]).expect(403)
            try await delete(["sec-fetch-site": "same-site"]).expect(403)
            try await delete(["origin": "https://arc.example.com", "sec-fetch-site": "same-origin"]).expect(404)
            let named = try await delete(["origin": "https://ui.example.com", "sec-fetch-site": "same-site"]).expect(
                404)
            #expect(named.response.headers["access-control-allow-credentials"] == "true")
        }
    }

    @Test func `every origin may read answers, but none with cookies`() async throws {
        try await LoginWorld.run { world in
            let browser = TestBrowser()
            try await world.logIn(browser)
            let page = try await browser.send(
                "GET", "\(world.url)/tenants", headers: ["origin": "https://evil.example"])
            #expect(page.response.headers["access-control-allow-origin"] == "*")
            #expect(page.response.headers["access-control-allow-credentials"] == nil)
        }
    }

    @Test func `a cookie that is wrong, doubled or huge is nobody's`() async throws {
        try await LoginWorld.run { world in
            let browser = TestBrowser()
            try await world.logIn(browser)
            let token = try #require(browser.cookies[LoginWorld.sessionCookie])
            let name = LoginWorld.sessionCookie
            func status(_ cookie: String) async throws -> Int {
                try await TestBrowser().send("GET", "\(world.url)/tenants", headers: ["cookie": cookie]).status
            }
            #expect(try await status("a=1; \(name)=\(token); b=2") == 200)
            #expect(try await status("\(String(repeating: "x", count: 20_000))=1; \(name)=\(token)") == 200)
            let wrong = [
                "\(name)=", "\(name)=x", "\(name)=\(token)0", "\(name)=\(token.uppercased())", "\(name)=\"\(token)\"",
                "\(name)=\(String(repeating: "0", count: 64))", "\(name)=\(token); \(name)=\(token)",
                "\(name)=x; \(name)=\(token)", "\(name)=\(token); \(name)=", "arc-session=\(token)",
                "\(name)=\(String(repeating: "a", count: 30_000))",
            ]
            for cookie in wrong { #expect(try await status(cookie) == 401, "\(cookie.prefix(60))") }
            #expect(try await status("\(name)=\(String(repeating: "a", count: 100_000))") == 431)
        }
    }

    @Test func `a request has one credential`() async throws {
        try await LoginWorld.run { world in
            let browser = TestBrowser()
            try await world.logIn(browser)
            for token in [world.stack.admin, "broken"] {
                let page = try await browser.send(
                    "GET", "\(world.url)/tenants", headers: ["authorization": "Bearer \(token)"]
                ).expect(401)
                #expect(page.response.errorCode == "SEVERAL_CREDENTIALS")
            }
            try await world.stack.tenantManagement.get("/tenants", token: world.stack.admin).expect(200)
        }
    }

    @Test func `a session ends when it is not used, and after its time in any case`() async throws {
        let clock = ManualClock(SystemClock().now())
        let settings = ["SESSION_IDLE_SECONDS": "600", "SESSION_LIFETIME_SECONDS": "1500"]
        try await LoginWorld.run(environment: settings, clock: clock) { world in
            let (idle, busy) = (TestBrowser(), TestBrowser())
            try await world.logIn(idle)
            try await world.logIn(busy)
            func status(_ browser: TestBrowser) async throws -> Int {
                try await browser.copy().send("GET", "\(world.url)/tenants").status
            }
            clock.advance(by: .seconds(400))
            #expect(try await status(busy) == 200)
            #expect(try await status(idle) == 200)
            clock.advance(by: .seconds(500))
            #expect(try await status(busy) == 200, "a use extends it")
            clock.advance(by: .seconds(150))
            #expect(try await status(idle) == 401, "650 seconds without a request")
            #expect(try await status(busy) == 200)
            clock.advance(by: .seconds(440))
            #expect(try await status(busy) == 200, "1490 seconds after the login")
            clock.advance(by: .seconds(10))
            #expect(try await status(busy) == 401, "1500 seconds after the login")
            #expect(try await status(busy) == 401)
        }
    }

    @Test func `a user sees and ends own sessions`() async throws {
        try await LoginWorld.run { world in
            let user = Identifier.v4().description
            let (first, second, other) = (TestBrowser(), TestBrowser(), TestBrowser())
            for browser in [first, second] { try await world.logIn(browser, user: user, groups: ["viewers"]) }
            try await world.logIn(other, groups: ["viewers"])
            let list = try await first.send("GET", "\(world.url)/auth/sessions").expect(200)
            let sessions = try #require(list.json.arrayValue)
            #expect(sessions.count == 2 && sessions.filter { $0["isCurrent"] == true }.count == 1)
            #expect(sessions.allSatisfy { $0["userId"]?.stringValue == user && $0["address"] == "127.0.0.1" })
            for browser in [first, second] {
                #expect(!list.response.text.contains(browser.cookies[LoginWorld.sessionCookie] ?? "?"))
            }
            let id = try #require(sessions.first { $0["isCurrent"] == false }?["id"]?.stringValue)
            func delete(_ browser: TestBrowser, _ path: String) async throws -> TestBrowser.Page {
                try await browser.send(
                    "DELETE", "\(world.url)/auth/sessions\(path)", headers: try world.csrf(browser))
            }
            try await delete(other, "/\(id)").expect(404)
            try await delete(other, "?userId=\(user)").expect(403)
            try await other.send("GET", "\(world.url)/auth/sessions?userId=\(user)").expect(403)
            try await second.send("GET", "\(world.url)/tenants").expect(200)
            try await first.send("DELETE", "\(world.url)/auth/sessions/\(id)").expect(403)
            try await delete(first, "/\(id)").expect(204)
            try await delete(first, "/\(id)").expect(404)
            for path in ["/x", "/\(WalkTests.unknown)", "/%00"] { try await delete(first, path).expect(404) }
            try await second.send("GET", "\(world.url)/tenants").expect(401)
            try await first.send("GET", "\(world.url)/tenants").expect(200)

            try await world.logIn(second, user: user, groups: ["viewers"])
            #expect(try await delete(first, "").expect(200).json == ["count": 2])
            #expect(first.cookies[LoginWorld.sessionCookie] == nil)
            try await second.send("GET", "\(world.url)/tenants").expect(401)
            try await other.send("GET", "\(world.url)/tenants").expect(200)
        }
    }

    @Test func `an operator with the permission sees and ends sessions of others, on every node at once`() async throws
    {
        try await LoginWorld.run { world in
            let second = try await world.stack.startNode(.tenantManagement)
            let user = Identifier.v4().description
            let (browser, third) = (TestBrowser(), TestBrowser())
            for browser in [browser, third] { try await world.logIn(browser, user: user) }
            try await browser.send("GET", "\(second.client.url)/tenants").expect(200)
            let client = world.stack.tenantManagement
            let viewing = try await world.stack.tokens.operatorToken(["10280"])
            let ending = try await world.stack.tokens.operatorToken(["10281"])
            let tenant = try await world.stack.createTenantID()
            let foreign = try await world.stack.tokens.userToken(tenant: tenant)
            let path = "/auth/sessions?userId=\(user.uppercased())"
            for (token, method, status) in [
                (viewing, "DELETE", 403), (ending, "GET", 403), (foreign, "GET", 403), (foreign, "DELETE", 403),
            ] { try await client.send(method, path, token: token).expect(status) }
            let list = try await client.get(path, token: viewing).expect(200)
            let ids = (list.json.arrayValue ?? []).compactMap { $0["id"]?.stringValue }
            #expect(ids.count == 2)
            try await client.delete("/auth/sessions/\(ids[0])", token: viewing).expect(404)
            try await client.delete("/auth/sessions/\(ids[0])", token: foreign).expect(403)
            try await client.delete("/auth/sessions/\(ids[0])", token: ending).expect(204)
            #expect(try await client.delete(path, token: ending).expect(200).json == ["count": 1])
            for browser in [browser, third] {
                try await browser.send("GET", "\(second.client.url)/tenants").expect(401)
            }
            #expect(try await client.get(path, token: viewing).expect(200).json == [])
        }
    }

    @Test func `revoking the tokens of a user ends the sessions too`() async throws {
        try await LoginWorld.run([.tenantManagement, .subscription]) { world in
            let (user, browser, other) = (Identifier.v4().description, TestBrowser(), TestBrowser())
            try await world.logIn(browser, user: user)
            try await world.logIn(other)
            try await world.stack.tenantManagement.post(
                "/token-revocations", ["kind": "user", "value": .string(user), "reason": "a test"],
                token: world.stack.admin
            ).expect(201)
            for url in ["\(world.url)/tenants", "\(world.stack.subscription.url)/plans"] {
                try await eventually("the session is refused: \(url)") {
                    try await browser.copy().send("GET", url).status == 401
                }
                try await other.send("GET", url).expect(200)
            }
            let page = try await browser.copy().send("GET", "\(world.url)/tenants")
            #expect(page.response.errorCode == "SESSION_INVALID")
        }
    }

    @Test func `a user has a limited number of sessions`() async throws {
        try await LoginWorld.run(environment: ["SESSION_LIMIT_PER_USER": "2"]) { world in
            let user = Identifier.v4().description
            let browsers = (0..<4).map { _ in TestBrowser() }
            for browser in browsers { try await world.logIn(browser, user: user) }
            var answers: [Int] = []
            for browser in browsers { answers.append(try await browser.send("GET", "\(world.url)/tenants").status) }
            #expect(answers == [401, 401, 200, 200])
            let list = try await browsers[3].send("GET", "\(world.url)/auth/sessions")
            #expect(list.json.arrayValue?.count == 2)
        }
    }
}
