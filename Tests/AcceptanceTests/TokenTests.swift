import Crypto
import Foundation
import JSONCoding
import PostgresTestSupport
import Primitives
import ServicePlatform
import StackTestSupport
import TenantManagement
import Testing

/// Bearer tokens (docs/contract/arc-api.md 3.2): which keys and claims are accepted, and which tricks are not.
@Suite struct TokenTests {
    /// Signs a token by hand, whatever its header and claims say.
    static func token(header: JSONValue, claims: JSONValue, sign: ([UInt8]) throws -> [UInt8]) rethrows -> String {
        let text = "\(base64URL(header.serialized())).\(base64URL(claims.serialized()))"
        return "\(text).\(base64URL(try sign(Array(text.utf8))))"
    }

    static func base64URL(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func hmac(_ secret: [UInt8]) -> ([UInt8]) -> [UInt8] {
        { Array(HMAC<SHA256>.authenticationCode(for: $0, using: SymmetricKey(data: Data(secret)))) }
    }

    /// Seconds since 1970, at each use: a suite may begin long after another has used this one.
    static var now: Int { Int(SystemClock().now().microseconds / 1_000_000) }
    static let claims: JSONObject = [
        "id": "test", "userTenantId": "test", "iss": .string(TestTokens.issuer), "permissions": ["10207"],
    ]

    static func with(_ changes: (String, JSONValue?)...) -> JSONValue {
        var claims = claims
        for (name, value) in changes { claims[name] = value }
        return .object(claims)
    }

    static func shared(_ claims: JSONValue, header: JSONValue = ["alg": "HS256", "typ": "JWT"]) -> String {
        token(header: header, claims: claims, sign: hmac(Array(TestTokens.secret.utf8)))
    }

    @Test func `tokens of the shared secret are accepted exactly if they are valid`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            func status(_ token: String) async throws -> Int {
                try await stack.tenantManagement.get("/tenants", token: token).status
            }
            let accepted: [(String, JSONValue)] = [
                ("as upstream's tests make them", Self.with()),
                ("without id", Self.with(("id", nil), ("userTenantId", nil))),
                ("with an end in the future", Self.with(("exp", .integer(Self.now + 600)))),
                ("of the operator's tenant", Self.with(("tenantId", .string(TestTokens.operatorTenant)))),
                ("with a fraction", Self.with(("exp", .double(Double(Self.now) + 600.5)))),
                ("valid since", Self.with(("nbf", .integer(Self.now - 10)))),
            ]
            for (what, claims) in accepted {
                let status = try await status(Self.shared(claims))
                #expect(status == 200, "\(what)")
            }
            let refused: [(String, JSONValue)] = [
                ("of another issuer", Self.with(("iss", "other"))), ("without issuer", Self.with(("iss", nil))),
                ("expired", Self.with(("exp", .integer(Self.now - 1)))),
                ("not yet valid", Self.with(("nbf", .integer(Self.now + 600)))),
                ("exp as text", Self.with(("exp", "tomorrow"))), ("exp of null", Self.with(("exp", .null))),
                ("password expired", Self.with(("passwordExpiryTime", "2020-01-01T00:00:00.000Z"))),
                ("issuer as list", Self.with(("iss", [.string(TestTokens.issuer)]))),
            ]
            for (what, claims) in refused {
                let status = try await status(Self.shared(claims))
                #expect(status == 401, "\(what)")
            }
            let powerless: [(String, JSONValue)] = [
                ("without permissions", Self.with(("permissions", nil))),
                ("with a number as permission", Self.with(("permissions", [10207]))),
                ("with another permission", Self.with(("permissions", ["10204"]))),
                ("of no real tenant", Self.with(("tenantId", "acme"))),
            ]
            for (what, claims) in powerless {
                let status = try await status(Self.shared(claims))
                #expect(status == 403, "\(what)")
            }
        }
    }

    /// Signs claims that no JSON object can hold.
    static func raw(_ claims: String, header: String = #"{"alg":"HS256"}"#) -> String {
        let text = "\(base64URL(Array(header.utf8))).\(base64URL(Array(claims.utf8)))"
        return "\(text).\(base64URL(hmac(Array(TestTokens.secret.utf8))(Array(text.utf8))))"
    }

    @Test func `a tenant in an unexpected form never widens to an operator`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let (own, other) = (try await stack.createTenantID(), try await stack.createTenantID())
            let permissions: JSONValue = .array(TestTokens.allPermissions.map { .string($0) })
            let odd: [JSONValue] = [
                [.string(own), .string(other)], [], [[.string(own)]], [.null], [42], 42, 0, true, false, [:],
                ["id": .string(own)], .null,
            ]
            for value in odd {
                let token = Self.shared(Self.with(("tenantId", value), ("permissions", permissions)))
                for client in [stack.tenantManagement, stack.subscription] {
                    let list = try await client.get(
                        client.url == stack.subscription.url ? "/plans" : "/tenants", token: token)
                    #expect(list.status == 401, "\(value): \(list.status)")
                    #expect(list.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
                }
                let change = try await stack.tenantManagement.patch("/tenants/\(other)", ["name": "x"], token: token)
                #expect(change.status == 401, "\(value): \(change.status)")
            }
            let listed = Self.shared(Self.with(("tenantId", [.string(own)]), ("permissions", permissions)))
            let foreign: JSONValue = ["where": ["id": .string(other)]]
            #expect(
                try await stack.tenantManagement.get("/tenants?\(foreign.parameter())", token: listed).expect(200).json
                    == [])
            try await stack.tenantManagement.get("/tenants/\(own)", token: listed).expect(200)
            try await stack.tenantManagement.get("/tenants/\(other)", token: listed).expect(404)
        }
    }

    @Test func `claims that are repeated are refused`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            func status(_ token: String) async throws -> Int {
                try await stack.tenantManagement.get("/tenants", token: token).status
            }
            let rest = #""iss":"\#(TestTokens.issuer)","permissions":["10207"]"#
            let single = try await status(Self.raw(#"{"id":"u",\#(rest)}"#))
            #expect(single == 200)
            let tenant = Identifier.v4()
            let repeated = [
                #"{"id":"u","tenantId":"\#(tenant)","tenantId":"\#(TestTokens.operatorTenant)",\#(rest)}"#,
                #"{"id":"u","id":"u",\#(rest)}"#, #"{"exp":1,"exp":99999999999,\#(rest)}"#,
                #"{"tenantId":"\#(tenant)","tenant\u0049d":"\#(TestTokens.operatorTenant)",\#(rest)}"#,
                #"{"id":"u","permissions":[],\#(rest)}"#, #"{"id":"u","x":{"a":1,"a":2},\#(rest)}"#,
            ]
            for claims in repeated { #expect(try await status(Self.raw(claims)) == 401, "\(claims)") }
            let header = Self.raw(#"{"id":"u",\#(rest)}"#, header: #"{"alg":"none","alg":"HS256"}"#)
            #expect(try await status(header) == 401)
        }
    }

    @Test func `a required audience keeps the tokens of other applications out`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["TOKEN_AUDIENCE": "arc"]) { stack in
            func status(_ claims: JSONValue) async throws -> Int {
                try await stack.tenantManagement.get("/tenants", token: Self.shared(claims)).status
            }
            #expect(try await status(Self.with(("aud", "arc"))) == 200)
            #expect(try await status(Self.with(("aud", ["shop", "arc"]))) == 200)
            for value: JSONValue? in [nil, "shop", ["shop"], [], .null, 1, ["arc", 1]] {
                #expect(try await status(Self.with(("aud", value))) == 401, "\(value as Any)")
            }
            let (lead, token) = try await stack.validatedLead(TestStack.uniqueKey())
            let unauthorized = try await stack.tenantManagement.post("/leads/\(lead)/tenants", token: token)
            #expect(unauthorized.status == 422, "a lead's token names the audience: \(unauthorized.text)")
        }
    }

    @Test func `tokens without a tenant are refused where one is required`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["TOKEN_REQUIRE_TENANT": "true"]) { stack in
            func status(_ claims: JSONValue) async throws -> Int {
                try await stack.tenantManagement.get("/tenants", token: Self.shared(claims)).status
            }
            let operators = try await status(Self.with(("tenantId", .string(TestTokens.operatorTenant))))
            #expect(operators == 200)
            #expect(try await status(Self.with()) == 401)
            let unknown = try await status(Self.with(("tenantId", .string(Identifier.v4().description))))
            #expect(unknown == 403, "it names a tenant, though none that exists")
        }
    }

    @Test func `forged tokens are refused`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let valid = Self.shared(Self.with())
            let parts = valid.split(separator: ".").map(String.init)
            let tokens = [
                Self.token(header: ["alg": "none"], claims: Self.with()) { _ in [] },
                Self.token(header: ["alg": "None"], claims: Self.with()) { _ in [] },
                "\(Self.base64URL(#"{"alg":"none"}"#.utf8.map { $0 })).\(parts[1]).", "\(parts[0]).\(parts[1]).",
                "\(parts[0]).\(parts[1])",
                Self.token(
                    header: ["alg": "HS256"], claims: Self.with(),
                    sign: Self.hmac(Array("another secret that is long enough".utf8))),
                Self.token(header: ["alg": "HS256"], claims: Self.with(), sign: Self.hmac([])),
                Self.shared(Self.with(), header: ["alg": "HS512"]), Self.shared(Self.with(), header: ["alg": "RS256"]),
                Self.shared(Self.with(), header: ["alg": "HS256", "crit": ["x"], "x": 1]),
                valid + "x", valid.uppercased(), "..", "...", "a.b.c", "", String(repeating: "a", count: 7000),
                "\(parts[0]).\(Self.base64URL(Array("[]".utf8))).\(parts[2])",
            ]
            for token in tokens {
                let answer = try await stack.tenantManagement.get("/tenants", token: token)
                #expect(answer.status == 401, "\(token.prefix(80)): \(answer.status)")
                #expect(answer.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
            }
            for header in ["Bearer", "Bearer a b", "Basic YTpi", "bearer", valid] {
                let answer = try await stack.tenantManagement.send(
                    "GET", "/tenants", headers: ["authorization": header])
                #expect(answer.status == 401, "\(header.prefix(40))")
            }
            let lower = try await stack.tenantManagement.send(
                "GET", "/tenants", headers: ["authorization": "bearer \(valid)"])
            #expect(lower.status == 200)
        }
    }

    /// Upstream's own tests run with `JWT_SECRET=test` (docs/contract/arc-api.md 12).
    @Test func `a short secret works`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["JWT_SECRET": "test"]) { stack in
            let token = Self.token(header: ["alg": "HS256"], claims: Self.with(), sign: Self.hmac(Array("test".utf8)))
            try await stack.tenantManagement.get("/tenants", token: token).expect(200)
            let other = Self.token(header: ["alg": "HS256"], claims: Self.with(), sign: Self.hmac(Array("tesT".utf8)))
            try await stack.tenantManagement.get("/tenants", token: other).expect(401)
        }
    }
}
