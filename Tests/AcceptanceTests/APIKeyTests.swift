import JSONCoding
import PostgresTestSupport
import Primitives
import StackTestSupport
import TestSupport
import Testing

/// API keys as credentials: where they are accepted, and until when.
@Suite struct APIKeyTests {
    private static let header = "X-API-Key"

    private static func status(
        _ client: TestHTTPClient, _ path: String, _ headers: [String: String]
    ) async throws -> Int {
        try await client.send("GET", path, nil, headers: headers).status
    }

    @Test func `a new key is shown once and stored nowhere`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let created = try await client.post("/api-keys", TestAPIKey.body(), token: stack.admin).expect(201)
            let key = try TestAPIKey(created)
            #expect(created.headers["location"] == key.path)
            #expect(key.text.hasPrefix("arc_") && key.text.utf8.count == 53)
            #expect(created.json["prefix"] == .string(String(key.text.prefix(12))))
            #expect(created.json["audience"] == "operator" && created.json["tenantId"]?.stringValue == nil)
            let end = try #require(Timestamp(iso8601: try created.string("expiresOn")))
            #expect(end > SystemClock().now().adding(.seconds(89 * 86_400)))

            let secret = String(key.text.dropFirst(12))
            let read = [
                try await client.get(key.path, token: stack.admin).expect(200),
                try await client.get("/api-keys", token: stack.admin).expect(200),
            ]
            for answer in read { #expect(!answer.text.contains(secret) && answer.text.contains(key.text.prefix(12))) }
            let stored = try await stack.database(.tenantManagement).texts(
                """
                SELECT row_to_json(t)::text FROM main.api_keys AS t
                UNION ALL SELECT row_to_json(t)::text FROM main.api_key_secrets AS t
                UNION ALL SELECT data::text FROM main.outbox AS t
                """)
            #expect(stored.count >= 3 && stored.allSatisfy { !$0.contains(secret) })
        }
    }

    @Test func `a key opens what it is scoped to, on both services, in either header`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let key = try await stack.apiKey(["10207", "7008"])
            try await stack.awaitKey(key, stack.subscription, path: "/plans")
            for client in [stack.tenantManagement, stack.subscription] {
                let path = client.url == stack.subscription.url ? "/plans" : "/tenants"
                for headers in [
                    [Self.header: key.text], ["x-api-key": key.text], ["Authorization": "Bearer \(key.text)"],
                    ["Authorization": "bearer  \(key.text)"],
                ] {
                    #expect(try await Self.status(client, path, headers) == 200, "\(headers.keys)")
                }
            }
            try await stack.tenantManagement.get("/contacts", token: key.text).expect(403)
            try await stack.subscription.get("/currencies", token: key.text).expect(403)
            try await stack.tenantManagement.delete("/tenants/\(WalkTests.unknown)", token: key.text).expect(403)
        }
    }

    @Test func `what is not exactly a key is a 401`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let (key, other) = (try await stack.apiKey().text, try await stack.apiKey().text)
            #expect(try await Self.status(client, "/tenants", [Self.header: key]) == 200)
            let wrong = [
                key.uppercased(), key.lowercased(), "ARC_" + key.dropFirst(4), String(key.dropLast()), key + "0",
                key + "=", key + key, key + "," + other, "\(key), \(other)", "\(key) \(other)", "arc_", "arc",
                "Bearer \(key)", "*", "' OR 1=1 --", String(repeating: "a", count: 4000),
                String(key.prefix(52)) + (key.last == "0" ? "1" : "0"), APIKeyTests.unknownKey,
            ]
            for text in wrong {
                #expect(try await Self.status(client, "/tenants", [Self.header: text]) == 401, "\(text)")
                #expect(
                    try await Self.status(client, "/tenants", ["Authorization": "Bearer \(text)"]) == 401, "\(text)")
            }
            #expect(try await Self.status(client, "/tenants", [Self.header: ""]) == 401)
            #expect(try await Self.status(client, "/tenants", [Self.header: stack.admin]) == 401, "a token is no key")
            #expect(try await Self.status(client, "/tenants", ["Authorization": "Basic \(key)"]) == 401)
            let answer = try await client.send("GET", "/tenants", nil, headers: [Self.header: String(key.dropLast())])
            #expect(answer.errorCode == "INVALID_API_KEY" && !answer.text.contains(key.dropLast(8)))
            #expect(answer.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
        }
    }

    /// Has the form of a key, with a right checksum.
    static let unknownKey = "arc_" + String(repeating: "0", count: 43) + "2CZclj"

    @Test func `two credentials at once are a 401 even if both are right`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let key = try await stack.apiKey().text
            for (bearer, header) in [(stack.admin, key), (key, key), (stack.admin, "wrong"), ("wrong", key)] {
                let answer = try await client.send(
                    "GET", "/tenants", nil, token: bearer, headers: [Self.header: header]
                ).expect(401)
                #expect(answer.errorCode == "SEVERAL_CREDENTIALS")
            }
            let lead = try await client.send(
                "POST", "/leads/\(WalkTests.unknown)/verify", nil, token: "one-time-key", headers: [Self.header: key]
            ).expect(401)
            #expect(lead.errorCode == "SEVERAL_CREDENTIALS")
        }
    }

    @Test func `a key of a tenant sees rows of its tenant only, and stops with it`() async throws {
        try await TestStack.run(
            [.tenantManagement, .subscription], environment: ["PROVISION_ON_CREATE": "false"]
        ) { stack in
            let client = stack.tenantManagement
            let (tenant, other) = (try await stack.createTenantID(), try await stack.createTenantID())
            let user = try await stack.tokens.userToken(tenant: tenant)
            let key = try await stack.apiKey(["10207", "10209", "7004"], tenant: tenant, by: user)
            let seen = try await client.get("/tenants", token: key.text).expect(200).json.arrayValue ?? []
            #expect(seen.map { $0["id"]?.stringValue } == [tenant])
            try await client.get("/tenants/\(other)", token: key.text).expect(404)
            try await client.post("/tenants", .object(TestStack.tenantBody()), token: key.text).expect(403)
            try await stack.awaitKey(key, stack.subscription, path: "/subscriptions")

            // Keys of others do not exist for a tenant's users.
            let (foreign, operators) = (try await stack.apiKey(tenant: other), try await stack.apiKey())
            for unseen in [foreign, operators] {
                try await client.get(unseen.path, token: user).expect(404)
                try await client.patch(unseen.path, ["name": "mine"], token: user).expect(404)
                try await client.post("\(unseen.path)/rotate", [:], token: user).expect(404)
                try await client.delete(unseen.path, token: user).expect(404)
                try await client.get("/tenants", token: unseen.text).expect(200)
            }
            let listed = try await client.get("/api-keys", token: user).expect(200).json.arrayValue ?? []
            #expect(listed.map { $0["id"]?.stringValue } == [key.id])

            try await client.post(
                "/tenants/\(tenant)/suspend", ["reason": "billing"], token: stack.admin
            ).expect(200)
            try await eventually("the key of a suspended tenant is refused") {
                try await client.get("/tenants", token: key.text).status == 403
            }
            try await eventually("the subscription service follows") {
                try await stack.subscription.get("/subscriptions", token: key.text).status == 403
            }
        }
    }

    @Test func `a key ends at its time, and a former secret with the overlap`() async throws {
        let clock = ManualClock(SystemClock().now())
        try await TestStack.run([.tenantManagement], clock: clock) { stack in
            let client = stack.tenantManagement
            func isAccepted(_ text: String) async throws -> Bool {
                try await client.get("/tenants", token: text).status == 200
            }
            let key = try await stack.apiKey(
                ["10207"], ["expiresOn": .string(clock.now().adding(.seconds(3 * 86_400)).description)])
            let rotated = try await client.post(
                "\(key.path)/rotate", ["overlapSeconds": 3600], token: stack.admin
            ).expect(200)
            let current = try TestAPIKey(rotated)
            #expect(current.id == key.id && current.text != key.text)
            #expect(rotated.json["prefix"] == .string(String(current.text.prefix(12))))
            #expect(["previousExpiresOn", "rotatedOn"].allSatisfy { rotated.json[$0]?.stringValue != nil })
            #expect(try await isAccepted(key.text))
            #expect(try await isAccepted(current.text))
            clock.advance(by: .seconds(3601))
            #expect(try await !isAccepted(key.text))
            #expect(try await isAccepted(current.text))

            let now = try TestAPIKey(
                try await client.post("\(key.path)/rotate", ["overlapSeconds": 0], token: stack.admin).expect(200))
            #expect(try await !isAccepted(current.text), "it was revealed")
            #expect(try await isAccepted(now.text))
            clock.advance(by: .seconds(90 * 86_400))
            #expect(try await !isAccepted(now.text), "its time is over")
            let token = try await stack.tokens.operatorToken()
            let revived = try TestAPIKey(
                try await client.post("\(key.path)/rotate", ["overlapSeconds": 3600], token: token).expect(200))
            #expect(try await isAccepted(revived.text))
            #expect(try await !isAccepted(now.text), "an overlap does not revive what had expired")
        }
    }

    @Test func `of many rotations at once the last two secrets are accepted`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let key = try await stack.apiKey()
            let (path, admin) = ("\(key.path)/rotate", stack.admin)
            let answers = try await withThrowingTaskGroup(of: TestResponse.self) { group in
                for _ in 0..<8 { group.addTask { try await client.post(path, [:], token: admin) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let texts = try answers.map { try TestAPIKey($0.expect(200)).text }
            #expect(Set(texts).count == 8)
            var accepted: [String] = []
            for text in texts + [key.text] where try await client.get("/tenants", token: text).status == 200 {
                accepted.append(text)
            }
            #expect(accepted.count == 2 && !accepted.contains(key.text))
            let prefix = try await client.get(key.path, token: admin).string("prefix")
            #expect(accepted.contains { $0.hasPrefix(prefix) })
        }
    }

    @Test func `a deleted key is refused on every node, with the keys that were made with it`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let second = try await stack.startNode(.tenantManagement).client
            let maker = try await stack.apiKey(["10207", "7008", "10270"])
            let child = try await stack.apiKey(["10207", "10270"], by: maker.text)
            let grandchild = try await stack.apiKey(["10207"], by: child.text)
            let other = try await stack.apiKey()
            for key in [maker, child, grandchild] { try await stack.awaitKey(key, second, path: "/tenants") }
            try await stack.awaitKey(maker, stack.subscription, path: "/plans")
            let made =
                try await stack.tenantManagement.get(
                    "/api-keys?\(JSONValue.object(["where": ["createdBy": .string(maker.id)]]).parameter())",
                    token: stack.admin
                ).expect(200).json.arrayValue ?? []
            #expect(made.map { $0["id"]?.stringValue } == [child.id])

            try await stack.tenantManagement.delete(maker.path, token: stack.admin).expect(204)
            try await stack.tenantManagement.get("/tenants", token: maker.text).expect(401)
            for key in [maker, child, grandchild] {
                try await eventually("every node of tenant management refuses it") {
                    let first = try await stack.tenantManagement.get("/tenants", token: key.text).status
                    return try await second.get("/tenants", token: key.text).status == 401 && first == 401
                }
            }
            try await eventually("the subscription service refuses it") {
                try await stack.subscription.get("/plans", token: maker.text).status == 401
            }
            try await second.get("/tenants", token: other.text).expect(200)
            try await stack.tenantManagement.get(maker.path, token: stack.admin).expect(404)
            try await stack.tenantManagement.delete(maker.path, token: stack.admin).expect(404)
        }
    }

    @Test func `a key that is made while its maker is deleted does not outlast it`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            for _ in 0..<10 {
                let maker = try await stack.apiKey(["10207", "10270"])
                async let making = client.post("/api-keys", TestAPIKey.body(), token: maker.text)
                async let deletion = client.delete(maker.path, token: stack.admin)
                let (made, deleted) = (try await making, try await deletion)
                #expect(deleted.status == 204, "\(deleted.text)")
                #expect([201, 401, 404].contains(made.status), "\(made.text)")
                guard made.status == 201 else { continue }
                try await client.get(try TestAPIKey(made).path, token: stack.admin).expect(404)
            }
        }
    }

    @Test func `keys are accepted without Redis, and nobody passes without the database`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let key = try await stack.apiKey()
            let node = try await stack.startNode(
                .tenantManagement, environment: ["REDIS_PORT": "1"], until: .serving
            ).client
            try await node.get("/tenants", token: key.text).expect(200)
            try await node.get("/tenants", token: APIKeyTests.unknownKey).expect(401)
            try await stack.tenantManagement.delete(key.path, token: stack.admin).expect(204)
            try await eventually("the deletion is followed without Redis") {
                try await node.get("/tenants", token: key.text).status == 401
            }
            let database = try stack.database(.tenantManagement)
            try await database.setAway(true, for: database.template.runtimeRole)
            try await node.get("/tenants", token: String(APIKeyTests.unknownKey.dropLast())).expect(401)
            try await eventually("a key that is not known cannot be verified") {
                try await node.get("/tenants", token: APIKeyTests.unknownKey).status >= 500
            }
            try await database.setAway(false)
            try await eventually("the database is back") {
                try await node.get("/tenants", token: APIKeyTests.unknownKey).status == 401
            }
        }
    }

    @Test func `the last use is recorded wherever a key was used`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let (here, there) = (try await stack.apiKey(), try await stack.apiKey(["7008"]))
            let node = try await stack.startNode(.tenantManagement)
            try await node.client.get("/tenants", token: here.text).expect(200)
            try await stack.awaitKey(there, stack.subscription, path: "/plans")
            func lastUse(_ key: TestAPIKey) async throws -> String? {
                try await stack.tenantManagement.get(key.path, token: stack.admin).expect(200).json["lastUsedOn"]?
                    .stringValue
            }
            #expect(try await lastUse(here) == nil, "not a write for each request")
            let tag = try await stack.tenantManagement.get(here.path, token: stack.admin).headers["etag"]
            // Uses are stored once a minute, and when a node ends.
            await node.stop()
            try await eventually("the use is stored") { try await lastUse(here) != nil }
            let later = try await stack.tenantManagement.get(here.path, token: stack.admin)
            #expect(later.headers["etag"] != tag && later.json["modifiedOn"] == later.json["createdOn"])
            // The node may end before its relay has published the event; then the next one does.
            await stack.node(.subscription)?.stop()
            try await stack.startNode(.subscription)
            try await eventually("the event has arrived") { try await lastUse(there) != nil }
        }
    }
}
