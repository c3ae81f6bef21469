import JSONCoding
import Primitives
import StackTestSupport
import Testing

/// Operators who log in with a browser.
@Suite struct LoginTests {
    @Test func `an operator logs in, works and logs out`() async throws {
        try await LoginWorld.run { world in
            let (browser, user) = (TestBrowser(), Identifier.v4().description)
            let start = try await browser.send("GET", "\(world.url)/auth/login?returnTo=%2Ftenants%3Fa%3Db").expect(302)
            let request = try TestIdentityProvider.Request(start.location)
            #expect(start.location?.hasPrefix("\(world.provider.issuer)/authorize?") == true)
            #expect(request.parameters["response_type"] == "code" && request.parameters["client_id"] == "arc")
            #expect(request.parameters["redirect_uri"] == TestIdentityProvider.redirectURI)
            #expect(request.parameters["scope"] == "openid profile email")
            #expect(request.parameters["code_challenge_method"] == "S256")
            #expect(start.response.headers["cache-control"] == "no-store")
            let login = try #require(start.setCookies.first)
            #expect(start.setCookies.count == 1 && login.hasPrefix("\(LoginWorld.loginCookie)="))
            for attribute in ["; Path=/", "; Max-Age=600", "; SameSite=Lax", "; Secure", "; HttpOnly"] {
                #expect(login.contains(attribute))
            }

            let code = world.provider.code(for: request, user: user)
            let end = try await world.finish(browser, state: request.state, code: code).expect(302)
            #expect(end.location == "/tenants?a=b" && end.response.headers["cache-control"] == "no-store")
            let session = try #require(end.setCookies.first { $0.hasPrefix("\(LoginWorld.sessionCookie)=") })
            for attribute in ["; Path=/", "; Max-Age=28800", "; SameSite=Lax", "; Secure", "; HttpOnly"] {
                #expect(session.contains(attribute))
            }
            #expect(!session.contains("Domain"))

            let caller = try await world.caller(browser).expect(200)
            #expect(caller.json["kind"] == "operator" && caller.json["credential"] == "session")
            #expect(caller.json["userId"]?.stringValue == user && caller.json["roles"] == ["SuperAdmin"])
            #expect(caller.json["session"]?["userName"] == "Ann Example")
            #expect(caller.json["session"]?["isCurrent"] == true)
            #expect(caller.json["csrfToken"]?.stringValue == browser.cookies[LoginWorld.csrfCookie])
            #expect(!caller.response.text.contains(browser.cookies[LoginWorld.sessionCookie] ?? "?"))

            try await browser.send("GET", "\(world.url)/tenants").expect(200)
            let created = try await browser.send(
                "POST", "\(world.url)/contacts", try await contact(world), headers: try world.csrf(browser)
            ).expect(201)
            #expect(created.json["createdBy"]?.stringValue == user, "the operator is the author")

            let thief = browser.copy()
            let logout = try await browser.send(
                "POST", "\(world.url)/auth/logout", headers: try world.csrf(browser)
            ).expect(200)
            #expect(
                logout.json["providerLogoutUrl"]?.stringValue == "\(world.provider.issuer)/end?client_id=arc")
            #expect(browser.cookies[LoginWorld.sessionCookie] == nil && browser.cookies[LoginWorld.csrfCookie] == nil)
            let stolen = try await thief.send("GET", "\(world.url)/tenants").expect(401)
            #expect(stolen.response.errorCode == "SESSION_INVALID", "a stolen cookie ends with the session")
            #expect(thief.cookies[LoginWorld.sessionCookie] == nil, "the browser is told to forget it")
        }
    }

    private func contact(_ world: LoginWorld) async throws -> JSONValue {
        [
            "firstName": "A", "lastName": "B", "email": "a@b.cd", "isPrimary": false,
            "tenantId": .string(try await world.stack.createTenantID()),
        ]
    }

    @Test func `the roles of the identity provider decide what a session may do`() async throws {
        try await LoginWorld.run { world in
            let viewer = TestBrowser()
            try await world.logIn(viewer, groups: ["viewers", "unknown"])
            #expect(try await world.caller(viewer).json["permissions"] == ["10207"])
            try await viewer.send("GET", "\(world.url)/tenants").expect(200)
            try await viewer.send("GET", "\(world.url)/contacts").expect(403)
            try await viewer.send(
                "DELETE", "\(world.url)/tenants/\(WalkTests.unknown)", headers: try world.csrf(viewer)
            ).expect(403)
            let without: [JSONValue] = [
                [], ["unknown"], "", .null, ["Admins"], ["SuperAdmin"], 7, ["gone"], [["admins"]],
            ]
            for groups in without {
                let browser = TestBrowser()
                let request = try await world.begin(browser)
                let code = world.provider.code(for: request, user: "ann", groups: groups)
                let page = try await world.finish(browser, state: request.state, code: code).expect(403)
                #expect(page.response.errorCode == "LOGIN_NO_ACCESS" && page.setCookies.isEmpty, "\(groups)")
            }
        }
    }

    @Test func `both services accept a session, and nothing else of a browser`() async throws {
        try await LoginWorld.run([.tenantManagement, .subscription]) { world in
            let browser = TestBrowser()
            try await world.logIn(browser)
            let plans = "\(world.stack.subscription.url)/plans"
            try await browser.send("GET", plans).expect(200)
            try await browser.send("DELETE", "\(plans)/\(WalkTests.unknown)").expect(403)
            let deleted = try await browser.send(
                "DELETE", "\(plans)/\(WalkTests.unknown)", headers: try world.csrf(browser))
            #expect(deleted.status == 404)
            try await browser.send("POST", "\(world.url)/auth/logout", headers: try world.csrf(browser)).expect(200)
            try await browser.send("GET", plans).expect(401)
        }
    }

    @Test func `without an issuer there are no logins and no sessions`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let url = stack.tenantManagement.url
            let browser = TestBrowser(cookies: [
                LoginWorld.sessionCookie: String(repeating: "a", count: 64),
                "arc-session": String(repeating: "a", count: 64),
            ])
            for path in ["/auth/login", "/auth/callback?code=a&state=b"] {
                let page = try await browser.send("GET", "\(url)\(path)").expect(404)
                #expect(page.response.errorCode == "LOGIN_NOT_CONFIGURED")
            }
            let anonymous = try await browser.send("GET", "\(url)/tenants").expect(401)
            #expect(anonymous.response.message == "Bearer realm=\"Users\"", "the cookie means nothing")
            let bearer = ["authorization": "Bearer \(stack.admin)"]
            try await browser.send("GET", "\(url)/tenants", headers: bearer).expect(200)
            let caller = try await browser.send("GET", "\(url)/auth/session", headers: bearer).expect(200)
            #expect(caller.json["credential"] == "token" && caller.json["csrfToken"] == nil)
            try await browser.send("GET", "\(url)/auth/sessions", headers: bearer).expect(404)
            try await browser.send("POST", "\(url)/auth/logout", headers: bearer).expect(404)
        }
    }

    @Test func `a login goes on to paths of this host only`() async throws {
        try await LoginWorld.run { world in
            let elsewhere = [
                "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "/\t/evil.example",
                "/\r\nSet-Cookie: a=b", "/\u{0}", "javascript:alert(1)", "", "/a//b", "/..//evil", "/%2e%2e//evil",
                "/é",
                "/auth/login", "/" + String(repeating: "a", count: 600),
            ]
            for path in elsewhere {
                let page = try await TestBrowser().send("GET", "\(world.url)/auth/login?returnTo=\(path.queryEncoded)")
                #expect(page.status == 400 && page.location == nil && page.setCookies.isEmpty, "\(path)")
                #expect(page.response.violations == ["/returnTo: invalid"], "\(path): \(page.response.text)")
            }
            let browser = TestBrowser()
            #expect(try await world.logIn(browser).location == "/")
            #expect(try await world.logIn(browser, returnTo: "/a?b=//c").location == "/a?b=//c")
        }
    }

    @Test func `several tabs of a browser log in side by side`() async throws {
        try await LoginWorld.run { world in
            let browser = TestBrowser()
            let first = try await world.begin(browser, returnTo: "/first")
            let second = try await world.begin(browser, returnTo: "/second")
            #expect(first.state != second.state && first.nonce != second.nonce)
            for (request, path) in [(second, "/second"), (first, "/first")] {
                let code = world.provider.code(for: request, user: "ann")
                let page = try await world.finish(browser, state: request.state, code: code).expect(302)
                #expect(page.location == path)
            }
        }
    }

    @Test func `a provider that comes late, or whose document cannot be trusted, only stops logins`() async throws {
        try await TestIdentityProvider.run(metadata: ["issuer": "https://evil.example"]) { provider in
            try await TestStack.run([.tenantManagement]) { stack in
                let node = try await stack.startNode(
                    .tenantManagement, environment: provider.environment, until: .serving)
                let page = try await TestBrowser().send("GET", "\(node.client.url)/auth/login").expect(503)
                #expect(page.response.errorCode == "LOGIN_PROVIDER_UNAVAILABLE")
                let health = try await node.client.get("/health/ready").expect(200)
                #expect(health.json["checks"]?["loginProvider"] == "down")
                try await node.client.get("/tenants", token: stack.admin).expect(200)
            }
        }
    }
}
