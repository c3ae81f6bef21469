import Crypto
import Foundation
import JSONCoding
import Primitives
import ServiceKit
import StackTestSupport
import Testing

/// Logins that somebody has tampered with.
@Suite struct LoginAttackTests {
    /// A callback that must not log anybody in.
    private func expectRefused(
        _ page: TestBrowser.Page, _ status: Int, _ code: String, _ comment: Comment? = nil
    ) {
        #expect(page.status == status && page.response.errorCode == code, comment)
        #expect(page.location == nil && page.setCookies.isEmpty, comment)
    }

    @Test func `a state is good once, for its browser, and for ten minutes`() async throws {
        let clock = ManualClock(SystemClock().now())
        try await LoginWorld.run(clock: clock) { world in
            let (victim, attacker) = (TestBrowser(), TestBrowser())
            func code(_ request: TestIdentityProvider.Request) -> String {
                world.provider.code(for: request, user: "eve")
            }

            let used = try await world.begin(victim)
            try await world.finish(victim, state: used.state, code: code(used)).expect(302)
            expectRefused(
                try await world.finish(victim, state: used.state, code: code(used)), 400, "LOGIN_STATE_INVALID",
                "replayed")

            // The attacker logs in and gives the victim the link, so that the victim works in the attacker's name.
            let foreign = try await world.begin(attacker)
            for browser in [victim, TestBrowser(), TestBrowser(cookies: [LoginWorld.loginCookie: "x"])] {
                expectRefused(
                    try await world.finish(browser, state: foreign.state, code: code(foreign)), 400,
                    "LOGIN_OTHER_BROWSER")
            }
            let twice = [
                "cookie":
                    "\(LoginWorld.loginCookie)=\(attacker.cookies[LoginWorld.loginCookie] ?? ""); \(LoginWorld.loginCookie)=a"
            ]
            let page = try await TestBrowser().send(
                "GET",
                "\(world.url)/auth/callback?state=\(foreign.state)&code=a&iss=\(world.provider.issuer.queryEncoded)",
                headers: twice)
            expectRefused(page, 400, "LOGIN_OTHER_BROWSER", "two cookies")
            try await world.finish(attacker, state: foreign.state, code: code(foreign)).expect(302)

            let late = try await world.begin(victim)
            clock.advance(by: .seconds(601))
            expectRefused(
                try await world.finish(victim, state: late.state, code: code(late)), 400, "LOGIN_STATE_INVALID", "late")
            let forged = [
                "", "x", "{}", String(late.state.dropLast()), late.state + "A", String(repeating: "A", count: 9000),
            ]
            for state in forged {
                expectRefused(
                    try await world.finish(victim, state: state, code: "a"), 400, "LOGIN_STATE_INVALID",
                    "\(state.prefix(9))")
            }
            expectRefused(
                try await victim.send("GET", "\(world.url)/auth/callback"), 400, "LOGIN_STATE_INVALID", "nothing at all"
            )
        }
    }

    @Test func `a code is good once and for its own login`() async throws {
        try await LoginWorld.run { world in
            let (victim, attacker) = (TestBrowser(), TestBrowser())
            let first = try await world.begin(victim)
            let code = world.provider.code(for: first, user: "ann")
            try await world.finish(victim, state: first.state, code: code).expect(302)
            let second = try await world.begin(victim)
            expectRefused(
                try await world.finish(victim, state: second.state, code: code), 400, "LOGIN_FAILED", "replayed")

            // The attacker has seen the victim's code and puts it into a login of their own: the proof key is another.
            let third = try await world.begin(victim)
            let seen = world.provider.code(for: third, user: "ann")
            let own = try await world.begin(attacker)
            expectRefused(
                try await world.finish(attacker, state: own.state, code: seen), 400, "LOGIN_FAILED", "another's code")
            for text in ["", "x", String(repeating: "a", count: 5000), "%00", "a&b"] {
                let request = try await world.begin(victim)
                let page = try await world.finish(victim, state: request.state, code: text)
                #expect(page.status == 400 && page.setCookies.isEmpty)
            }
        }
    }

    @Test func `answers of another provider and repeated parameters are refused`() async throws {
        try await LoginWorld.run { world in
            let browser = TestBrowser()
            for issuer in ["https://evil.example", "", world.provider.issuer + "/"] {
                let request = try await world.begin(browser)
                let code = world.provider.code(for: request, user: "ann")
                expectRefused(
                    try await world.finish(browser, state: request.state, code: code, issuer: issuer), 400,
                    "LOGIN_FAILED")
            }
            let request = try await world.begin(browser)
            let code = world.provider.code(for: request, user: "ann")
            let unnamed = try await browser.send(
                "GET", "\(world.url)/auth/callback?state=\(request.state)&code=\(code)")
            expectRefused(unnamed, 400, "LOGIN_FAILED", "the provider has said that it always names itself")
            for more in ["&code=a", "&state=a", "&iss=a"] {
                expectRefused(
                    try await world.finish(browser, state: request.state, code: code, more: more), 400,
                    "LOGIN_MALFORMED")
            }
            // None of these has used the login up.
            try await world.finish(browser, state: request.state, code: code, more: "&session_state=x").expect(302)
        }
    }

    @Test func `a provider's refusal is said and not repeated as it is`() async throws {
        try await LoginWorld.run { world in
            let browser = TestBrowser()
            for (error, shown) in [("access_denied", "access_denied"), ("<script>alert(1)</script>", "unknown")] {
                let request = try await world.begin(browser)
                let page = try await world.finish(
                    browser, state: request.state, code: nil, more: "&error=\(error.queryEncoded)&error_description=x")
                expectRefused(page, 403, "LOGIN_REFUSED")
                #expect(page.response.message == "The identity provider refused the login: \(shown).")
                expectRefused(
                    try await world.finish(browser, state: request.state, code: "a"), 400, "LOGIN_STATE_INVALID")
            }
        }
    }

    private static let tokens:
        [(String, JSONObject, (@Sendable (TestIdentityProvider, JSONObject) throws -> String)?)] = [
            ("wrong nonce", ["nonce": "another"], nil), ("no nonce", ["nonce": .null], nil),
            ("wrong audience", ["aud": "another"], nil), ("several audiences", ["aud": ["arc", "another"]], nil),
            ("wrong party", ["azp": "another"], nil), ("wrong issuer", ["iss": "https://evil.example"], nil),
            ("expired", ["exp": 1_000_000_000], nil), ("no expiry", ["exp": .null], nil),
            ("old", ["iat": 1_000_000_000], nil),
            ("from the future", ["iat": 9_000_000_000], nil), ("no subject", ["sub": .null], nil),
            ("another access token", ["at_hash": "AAAAAAAAAAAAAAAAAAAAAA"], nil),
            ("unsigned", [:], { "\(TestIdentityProvider.content(["alg": "none"], $1))." }),
            ("unsigned with a key", [:], { "\(TestIdentityProvider.content(["alg": "none", "kid": "k1"], $1))." }),
            (
                "signed with the client's secret", [:],
                {
                    let content = TestIdentityProvider.content(["alg": "HS256", "kid": "k1"], $1)
                    let key = SymmetricKey(data: Array(TestIdentityProvider.clientSecret.utf8))
                    let code = HMAC<SHA256>.authenticationCode(for: Array(content.utf8), using: key)
                    return "\(content).\(Base64URL.encode(Array(code)))"
                }
            ),
            (
                "signed by another", [:],
                {
                    let content = TestIdentityProvider.content(["alg": "ES256", "kid": "k1"], $1)
                    let signature = try P256.Signing.PrivateKey().signature(for: Array(content.utf8))
                    return "\(content).\(Base64URL.encode(Array(signature.rawRepresentation)))"
                }
            ),
            ("unknown key", [:], { try $0.sign($1, header: ["alg": "ES256", "kid": "k2"]) }),
            ("no token", [:], { _, _ in "" }),
        ]

    @Test func `an ID token that is not in order logs nobody in`() async throws {
        try await LoginWorld.run { world in
            let browser = TestBrowser()
            for (name, claims, token) in Self.tokens {
                let request = try await world.begin(browser)
                let code = world.provider.code(for: request, user: "ann", claims: claims, token: token)
                expectRefused(
                    try await world.finish(browser, state: request.state, code: code), 400, "LOGIN_FAILED", "\(name)")
                #expect(browser.cookies[LoginWorld.sessionCookie] == nil, "\(name)")
            }
        }
    }

    @Test func `a login begins a new session whatever the browser has brought`() async throws {
        try await LoginWorld.run { world in
            let planted = String(repeating: "0", count: 64)
            let victim = TestBrowser(cookies: [LoginWorld.sessionCookie: planted])
            try await world.logIn(victim)
            let first = try #require(victim.cookies[LoginWorld.sessionCookie])
            #expect(first != planted)
            let attacker = TestBrowser(cookies: [LoginWorld.sessionCookie: planted])
            try await attacker.send("GET", "\(world.url)/tenants").expect(401)

            let former = victim.copy()
            try await world.logIn(victim)
            #expect(victim.cookies[LoginWorld.sessionCookie] != first)
            try await victim.send("GET", "\(world.url)/tenants").expect(200)
            try await former.send("GET", "\(world.url)/tenants").expect(401)
        }
    }

    @Test func `logins of a client are limited`() async throws {
        try await LoginWorld.run(environment: ["LOGIN_MAX_ATTEMPTS": "2"]) { world in
            let browser = TestBrowser()
            for _ in 0..<2 { _ = try await world.begin(browser) }
            let page = try await browser.send("GET", "\(world.url)/auth/login").expect(429)
            #expect(page.response.headers["retry-after"] != nil && page.setCookies.isEmpty)
        }
    }
}
