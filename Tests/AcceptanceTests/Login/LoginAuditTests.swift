import JSONCoding
import PostgresTestSupport
import Primitives
import Sealing
import StackTestSupport
import Synchronization
import TestSupport
import Testing

@testable import ServicePlatform

/// What logins, and ends of sessions, leave in the audit log.
@Suite(.timeLimit(.minutes(20))) struct LoginAuditTests {
    /// Rows about sessions, the oldest first.
    private func rows(_ world: LoginWorld, _ condition: JSONObject = [:]) async throws -> [JSONValue] {
        var condition = condition
        condition["entity"] = "Session"
        let filter: JSONValue = [
            "where": .object(condition), "order": ["recordedOn ASC", "id ASC"], "limit": 100,
        ]
        return try await world.stack.tenantManagement
            .get("/audit-logs?\(filter.parameter())", token: world.stack.admin).expect(200).json.arrayValue ?? []
    }

    private func sessionID(_ world: LoginWorld, _ browser: TestBrowser) async throws -> String {
        try #require(try await world.caller(browser).expect(200).json["session"]?["id"]?.stringValue)
    }

    @Test func `a login and a logout leave who, how and by which request, and no secret`() async throws {
        try await LoginWorld.run { world in
            let (browser, user) = (TestBrowser(), Identifier.v4().description)
            let request = try await world.begin(browser)
            let code = world.provider.code(for: request, user: user)
            let issuer = world.provider.issuer.queryEncoded
            try await browser.send(
                "GET", "\(world.url)/auth/callback?state=\(request.state)&iss=\(issuer)&code=\(code)",
                headers: ["x-request-id": "login-1"]
            ).expect(302)
            let session = try await sessionID(world, browser)
            let secrets = [LoginWorld.sessionCookie, LoginWorld.csrfCookie, LoginWorld.loginCookie]
                .compactMap { browser.cookies[$0] }
            #expect(secrets.count == 3)
            try await browser.send(
                "POST", "\(world.url)/auth/logout",
                headers: try world.csrf(browser).merging(["x-request-id": "logout-1"]) { $1 }
            ).expect(200)

            let found = try await rows(world)
            #expect(found.count == 2, "\(found)")
            for (row, (action, id)) in zip(found, [("login", "login-1"), ("logout", "logout-1")]) {
                #expect(row["action"] == .string(action) && row["requestId"] == .string(id))
                #expect(row["actor"] == .string(user) && row["actorKind"] == "operator")
                #expect(row["credential"] == .string("session:\(session)") && row["entityId"] == .string(session))
                #expect(row["tenantId"] == .null && row["before"] == .null)
            }
            #expect(found.first?["after"] == ["address": "127.0.0.1", "roles": ["SuperAdmin"]])
            let database = try world.stack.database(.tenantManagement)
            let log = try await database.texts("SELECT coalesce(string_agg(t::text, ''), '') FROM main.audit_logs AS t")
            for secret in secrets + [code, request.state, request.nonce] {
                #expect(log.first?.contains(secret) == false)
            }

            // The rows are in the operator's chain, and the chain holds.
            let last = try #require(found.last?["id"]?.stringValue)
            try await eventually("the row has its place") {
                let row = try await world.stack.tenantManagement
                    .get("/audit-logs/\(last)", token: world.stack.admin).expect(200)
                return row.json["sequence"]?.intValue ?? 0 > 0
            }
            try await database.withPool { pool in
                let sealer = AuditSealer(
                    keys: EncryptionKeys(current: TestTokens.secret), service: AuditWorld.service)
                let findings = Mutex<[String]>([])
                let summary = try await AuditVerification(pool: pool, sealer: sealer).run {
                    if case .finding(let finding) = $0 { findings.withLock { $0.append(finding.text) } }
                }
                #expect(summary.rows >= 2 && findings.withLock { $0 } == [])
            }
        }
    }

    @Test func `a login that fails leaves a row that says why`() async throws {
        try await LoginWorld.run { world in
            let browser = TestBrowser()
            let (known, stranger) = (Identifier.v4().description, TestBrowser())

            let without = try await world.begin(browser)
            let code = world.provider.code(for: without, user: known, groups: [])
            try await world.finish(browser, state: without.state, code: code).expect(403)
            try await world.finish(browser, state: without.state, code: code).expect(400)

            let refused = try await world.begin(browser)
            try await world.finish(browser, state: refused.state, code: nil, more: "&error=access_denied").expect(403)
            let foreign = try await world.begin(browser)
            try await world.finish(stranger, state: foreign.state, code: "a").expect(400)
            try await world.finish(browser, state: foreign.state, code: "a", issuer: "https://evil.example").expect(400)
            try await world.finish(browser, state: foreign.state, code: "wrong").expect(400)
            let forged = try await world.begin(browser)
            let token = world.provider.code(for: forged, user: known, claims: ["nonce": "another"])
            try await world.finish(browser, state: forged.state, code: token).expect(400)
            // What was not begun here is no login.
            for state in ["", "x", forged.state + "A"] {
                try await world.finish(browser, state: state, code: "a").expect(400)
            }

            let found = try await rows(world)
            #expect(
                found.map { $0["after"]?["reason"]?.stringValue } == [
                    "no-access", "state", "refused", "other-browser", "other-issuer", "code", "id-token",
                ])
            for row in found {
                #expect(row["action"] == "login-failed" && row["actorKind"] == "external")
                #expect(row["entityId"] == .null && row["credential"] == .null)
                #expect(row["after"]?["address"] == "127.0.0.1" && row["requestId"]?.stringValue?.isEmpty == false)
            }
            #expect(found.first?["actor"] == .string(known), "the provider has said who it is")
            #expect(found.dropFirst().allSatisfy { $0["actor"] == .null })
        }
    }

    @Test func `every session that is ended leaves a row, whoever ends it`() async throws {
        try await LoginWorld.run(environment: ["SESSION_LIMIT_PER_USER": "2"]) { world in
            let user = Identifier.v4().description
            let browsers = (0..<3).map { _ in TestBrowser() }
            var sessions: [String] = []
            for browser in browsers {
                try await world.logIn(browser, user: user)
                sessions.append(try await sessionID(world, browser))
            }
            func ends(_ session: String) async throws -> [JSONValue] {
                try await rows(world, ["entityId": .string(session), "action": "end"])
            }
            let first = try await ends(sessions[0])
            try #require(first.count == 1)
            #expect(first[0]["after"] == ["reason": "limit", "userId": .string(user)])
            #expect(first[0]["credential"] == .string("session:\(sessions[2])"))

            // The same browser logs in again.
            try await world.logIn(browsers[2], user: user)
            let fourth = try await sessionID(world, browsers[2])
            let replaced = try await ends(sessions[1]) + ends(sessions[2])
            #expect(replaced.map { $0["after"]?["reason"]?.stringValue } == ["limit", "login"])

            let client = world.stack.tenantManagement
            let ender = Identifier.v4().description
            let token = try await world.stack.tokens.operatorToken(["10281"], user: ender)
            try await client.send(
                "DELETE", "/auth/sessions/\(fourth)", token: token, headers: ["x-request-id": "end-1"]
            ).expect(204)
            try await client.send("DELETE", "/auth/sessions/\(fourth)", token: token).expect(404)
            let one = try await ends(fourth)
            try #require(one.count == 1)
            #expect(one[0]["actor"] == .string(ender) && one[0]["requestId"] == "end-1")
            #expect(one[0]["after"] == ["reason": "request"])

            for browser in browsers.prefix(2) { try await world.logIn(browser, user: user) }
            let path = "/auth/sessions?userId=\(user)"
            let all = try await client.send("DELETE", path, token: token, headers: ["x-request-id": "end-2"])
                .expect(200)
            #expect(all.json == ["count": 2])
            let none = try await client.send("DELETE", path, token: token, headers: ["x-request-id": "end-3"])
                .expect(200)
            #expect(none.json == ["count": 0])
            let ended = try await rows(world, ["requestId": "end-2"])
            #expect(ended.count == 2 && Set(ended.map { $0["entityId"] }).count == 2)
            let asked = try await rows(world, ["requestId": "end-3"])
            try #require(asked.count == 1)
            #expect(asked[0]["entityId"] == .null)
            #expect(asked[0]["after"] == ["reason": "request", "userId": .string(user)])
        }
    }

    @Test func `nobody gets a session that could not be recorded`() async throws {
        try await LoginWorld.run { world in
            let (browser, user) = (TestBrowser(), Identifier.v4().description)
            let database = try world.stack.database(.tenantManagement)
            try await database.query(
                "ALTER TABLE main.audit_pending ADD CONSTRAINT broken CHECK (entity <> 'Session') NOT VALID")
            let request = try await world.begin(browser)
            let code = world.provider.code(for: request, user: user)
            let page = try await world.finish(browser, state: request.state, code: code)
            #expect(page.status >= 400 && page.setCookies.isEmpty)
            let path = "/auth/sessions?userId=\(user)"
            let client = world.stack.tenantManagement
            #expect(try await client.get(path, token: world.stack.admin).expect(200).json == [])
            try await database.query("ALTER TABLE main.audit_pending DROP CONSTRAINT broken")
            try await world.logIn(browser, user: user)
            #expect(try await client.get(path, token: world.stack.admin).expect(200).json.arrayValue?.count == 1)
        }
    }
}
