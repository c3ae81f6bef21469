import JSONCoding
import Logging
import PostgresTestSupport
import Primitives
import ServicePlatform
import StackTestSupport
import TestSupport
import Testing

/// Revocation of tokens, by `jti` and by user.
@Suite struct TokenRevocationTests {
    private static let path = "/token-revocations"

    /// A token of an operator, or of a tenant's user, with these claims.
    private static func token(_ changes: (String, JSONValue?)..., tenant: String? = nil) -> String {
        var claims = TokenTests.claims
        claims["permissions"] = ["10207", "7008"]
        if let tenant { claims["tenantId"] = .string(tenant) }
        for (name, value) in changes { claims[name] = value }
        return TokenTests.shared(.object(claims))
    }

    private static func awaitStatus(
        _ status: Int, _ token: String, _ stack: TestStack, more nodes: [TestHTTPClient] = []
    ) async throws {
        try await eventually("every service and node answers \(status)") {
            for client in [stack.tenantManagement] + nodes {
                guard try await client.get("/tenants", token: token).status == status else { return false }
            }
            return try await stack.subscription.get("/plans", token: token).status == status
        }
    }

    @Test func `a revoked token is refused everywhere, and no other one`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let second = try await stack.startNode(.tenantManagement).client
            let withoutRedis = try await stack.startNode(
                .tenantManagement, environment: ["REDIS_PORT": "1"], until: .serving
            ).client
            let nodes = [second, withoutRedis]
            let leaked = Self.token(("jti", "leaked"))
            let others = [Self.token(("jti", "Leaked")), Self.token(("jti", nil)), Self.token(("id", "leaked"))]
            for token in [leaked] + others { try await Self.awaitStatus(200, token, stack, more: nodes) }
            let revoked = try await stack.tenantManagement.post(
                Self.path, ["kind": "token", "value": "leaked", "reason": "was in a log"], token: stack.admin
            ).expect(201)
            try await stack.tenantManagement.get("/tenants", token: leaked).expect(401)
            try await Self.awaitStatus(401, leaked, stack, more: nodes)
            // Also in another text: the id counts.
            try await Self.awaitStatus(401, Self.token(("jti", "leaked"), ("permissions", ["10207"])), stack)
            for token in others { try await Self.awaitStatus(200, token, stack, more: nodes) }
            let shown = try await stack.tenantManagement.get(
                "\(Self.path)/\(try revoked.string("id"))", token: stack.admin
            ).expect(200)
            #expect(shown.json["reason"] == "was in a log" && shown.json["issuedBefore"]?.stringValue == nil)
            let end = try #require(Timestamp(iso8601: try shown.string("expiresOn")))
            #expect(end > SystemClock().now().adding(.seconds(364 * 86_400)))
            // A node that starts later knows it from the database.
            let third = try await stack.startNode(.tenantManagement).client
            try await third.get("/tenants", token: leaked).expect(401)
        }
    }

    @Test func `tokens of a user that were issued before are refused, and later ones accepted`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let now = TokenTests.now
            func issued(_ seconds: Int, _ name: String = "id", _ user: String = "victim") -> String {
                Self.token((name, .string(user)), ("iat", .integer(now + seconds)))
            }
            let (before, after) = (issued(-60), issued(60))
            let member = issued(-60, "userTenantId")
            let silent = Self.token(("id", "victim"))
            let bystander = issued(-60, "id", "other")
            for token in [before, after, member, silent, bystander] { try await Self.awaitStatus(200, token, stack) }
            try await stack.tenantManagement.post(
                Self.path, ["kind": "user", "value": "victim"], token: stack.admin
            ).expect(201)
            for token in [before, member, silent] { try await Self.awaitStatus(401, token, stack) }
            for token in [after, bystander] { try await Self.awaitStatus(200, token, stack) }
            let odd = Self.token(("id", "victim"), ("iat", "tomorrow"))
            try await Self.awaitStatus(401, odd, stack)
        }
    }

    @Test func `users of a tenant revoke tokens of their tenant only`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let client = stack.tenantManagement
            let (tenant, other) = (try await stack.createTenantID(), try await stack.createTenantID())
            let user = try await stack.tokens.userToken(tenant: tenant)
            let own = Self.token(("id", "anna"), tenant: tenant)
            let foreign = [Self.token(("id", "anna"), tenant: other), Self.token(("id", "anna"))]
            for token in [own] + foreign { try await client.get("/tenants", token: token).expect(200) }
            let refused = try await client.post(
                Self.path, ["kind": "user", "value": "anna", "tenantId": .string(other)], token: user
            ).expect(422)
            #expect(refused.violations == ["/tenantId: tenant"])
            let revoked = try await client.post(
                Self.path, ["kind": "user", "value": "anna"], token: user
            ).expect(201)
            #expect(revoked.json["tenantId"] == .string(tenant))
            try await client.get("/tenants", token: own).expect(401)
            for token in foreign { try await client.get("/tenants", token: token).expect(200) }
            let path = "\(Self.path)/\(try revoked.string("id"))"
            let stranger = try await stack.tokens.userToken(tenant: other)
            try await client.get(path, token: stranger).expect(404)
            #expect(try await client.get("\(Self.path)/count", token: stranger).json["count"] == 0)
            let weak = try await stack.tokens.userToken(tenant: tenant, ["10207"])
            try await client.post(Self.path, ["kind": "user", "value": "anna"], token: weak).expect(403)
            try await client.get(Self.path, token: weak).expect(403)
        }
    }

    @Test func `bad requests are refused with the member`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let now = SystemClock().now()
            func day(_ days: Int) -> JSONValue { .string(now.adding(.seconds(days * 86_400)).description) }
            let cases: [(JSONObject, String)] = [
                (["kind": "everything"], "/kind"), (["kind": .null], "/kind"), (["kind": "TOKEN"], "/kind"),
                (["value": ""], "/value"), (["value": 7], "/value"),
                (["value": .string(String(repeating: "x", count: 256))], "/value"),
                (["issuedBefore": day(-1)], "/issuedBefore"),
                (["kind": "user", "issuedBefore": day(1)], "/issuedBefore"),
                (["kind": "user", "issuedBefore": "now"], "/issuedBefore"),
                (["expiresOn": day(-1)], "/expiresOn"), (["expiresOn": day(4000)], "/expiresOn"),
                (["tenantId": "acme"], "/tenantId"), (["jti": "x"], ""),
            ]
            for (change, path) in cases {
                var body: JSONObject = ["kind": "token", "value": "x"]
                for (name, value) in change { body[name] = value }
                let answer = try await client.post(Self.path, .object(body), token: stack.admin)
                #expect(answer.status == 422, "\(change): \(answer.text)")
                #expect(answer.details.contains { $0["path"]?.stringValue == path }, "\(change): \(answer.text)")
            }
            #expect(try await client.get("\(Self.path)/count", token: stack.admin).json["count"] == 0)
        }
    }

    @Test func `a token with a jti of an unexpected type is refused`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            for value: JSONValue in [1, true, .null, [:], ["a", "b"]] {
                try await stack.tenantManagement.get("/tenants", token: Self.token(("jti", value))).expect(401)
            }
        }
    }

    @Test func `nobody passes while it is not known whether a token is revoked`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let database = try stack.database(.tenantManagement)
            // An operation that needs a token and no database.
            func status() async throws -> Int {
                try await stack.tenantManagement.delete("/leads/\(WalkTests.unknown)", token: stack.admin).status
            }
            #expect(try await status() == 405)
            try await database.setAway(true, for: database.template.runtimeRole)
            try await eventually("the token is not accepted any more") { try await status() >= 500 }
            try await database.setAway(false)
            try await eventually("the database is back") {
                try await stack.tenantManagement.get("/tenants", token: stack.admin).status == 200
            }
        }
    }

    @Test func `revocations are removed when their tokens have expired`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let end = SystemClock().now().adding(.seconds(3600))
            for body: JSONObject in [
                ["kind": "token", "value": "a", "expiresOn": .string(end.description)],
                ["kind": "token", "value": "b"],
            ] {
                try await stack.tenantManagement.post(Self.path, .object(body), token: stack.admin).expect(201)
            }
            try await Self.awaitStatus(401, Self.token(("jti", "b")), stack)
            for template: DatabaseTemplate in [.tenantManagement, .subscription] {
                let database = try stack.database(template)
                func values() async throws -> [String] {
                    try await database.texts("SELECT value FROM main.token_revocations ORDER BY value")
                }
                try await eventually("both are there") { try await values() == ["a", "b"] }
                for (passed, left) in [(3600, ["a", "b"]), (4300, ["b"])] {
                    try await database.withPool { pool in
                        await RevocationPurge(
                            repository: RevocationRepository(pool: pool),
                            clock: ManualClock(SystemClock().now().adding(.seconds(passed))), logger: testLogger
                        ).purge()
                    }
                    #expect(try await values() == left)
                }
            }
            try await Self.awaitStatus(200, Self.token(("jti", "a")), stack)
        }
    }
}
