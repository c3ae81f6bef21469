import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

/// What operators may get wrong with events, webhooks, suspensions, exports and off-boardings: parameters beyond their limits,
/// states that do not allow it, and several requests at once. Bodies are the subject of `WalkTests` and `LengthLimitTests`.
@Suite struct OperatorInputTests {
    private static let unknown = "01234567-89ab-4def-8123-456789abcdef"
    private static let waiting = ["PROVISION_ON_CREATE": "false"]

    /// A query, the parameter that is wrong in it, and the reason in the answer.
    private struct Query: Sendable {
        let text: String
        let parameter: String
        let reason: String

        init(_ text: String, _ parameter: String, _ reason: String) {
            self.text = text
            self.parameter = parameter
            self.reason = reason
        }
    }

    private static func condition(_ value: JSONValue) -> String { value.parameter("where") }
    private static func filter(_ value: JSONValue) -> String { value.parameter() }

    private static let feed: [Query] = [
        Query("after=x", "after", "must be integer"), Query("after=", "after", "must be integer"),
        Query("after=1.5", "after", "must be integer"), Query("after=-1", "after", "must be >= 0"),
        Query("after=9223372036854775807", "after", "must be <= "),
        Query("after=9223372036854775808", "after", "must be a whole number below 2^63"),
        Query("limit=0", "limit", "must be >= 1"), Query("limit=1001", "limit", "must be <= 1000"),
        Query("limit=-1", "limit", "must be >= 1"), Query("limit=ten", "limit", "must be integer"),
        Query("tenantId=x", "tenantId", "uuid"), Query("tenantId=", "tenantId", "uuid"),
    ]

    private static let deadLetters: [Query] = [
        Query("limit=0", "limit", "must be >= 1"), Query("limit=1000000", "limit", "must be <= "),
        Query("limit=ten", "limit", "must be integer"), Query("cursor=x", "cursor", "cursor"),
        Query("cursor=00", "cursor", "cursor"), Query("cursor=", "cursor", "cursor"),
        Query("where=x", "where", ""), Query("where=%5B%5D", "where", ""),
        Query(condition(["nope": 1]), "where", ""),
        Query(condition(["type": ["regexp": "a"]]), "where", ""),
        Query(condition(["attempts": "many"]), "where", ""),
        Query(condition(["tenantId": "x"]), "where", ""),
    ]

    @Test func `parameters that are wrong are named with the reason`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            func check(_ client: TestHTTPClient, _ path: String, _ queries: [Query]) async throws {
                for query in queries {
                    let answer = try await client.get("\(path)?\(query.text)", token: stack.admin)
                    #expect(answer.status == 400, "\(path) \(query.text): \(answer.text)")
                    #expect(answer.message.contains("\"\(query.parameter)\""), "\(query.text): \(answer.text)")
                    #expect(answer.text.contains(query.reason), "\(query.text): \(answer.text)")
                }
            }
            try await check(stack.tenantManagement, "/events/feed", Self.feed)
            for client in [stack.tenantManagement, stack.subscription] {
                try await check(client, "/events/dead-letters", Self.deadLetters)
            }
        }
    }

    /// A cursor says which filter it belongs to.
    @Test func `cursors of other lists and of other orders are refused`() async throws {
        try await TestStack.run([.tenantManagement], environment: Self.waiting) { stack in
            let tenants = [try await stack.createTenantID(), try await stack.createTenantID()]
            for tenant in tenants {
                for reason in ["legal", "billing"] {
                    try await stack.tenantManagement.post(
                        "/tenants/\(tenant)/suspend", ["reason": .string(reason)], token: stack.admin
                    ).expect(200)
                }
            }
            let one = Self.filter(["limit": 1])
            let page = try await stack.tenantManagement.get("/events?\(one)", token: stack.admin).expect(200)
            let link = try #require(page.headers["link"])
            let cursor = try #require(link.firstMatch(of: /cursor=([0-9a-f]+)/)).1
            for path in [
                "/tenants/\(tenants[0])/suspensions?\(one)", "/webhook-endpoints?\(one)",
                "/events?\(Self.filter(["limit": 1, "order": ["type ASC"]]))",
            ] {
                let answer = try await stack.tenantManagement.get("\(path)&cursor=\(cursor)", token: stack.admin)
                #expect(answer.status == 400 && answer.violations == ["/cursor: cursor"], "\(path): \(answer.text)")
            }
        }
    }

    @Test func `what the state does not allow is a conflict and changes nothing`() async throws {
        try await TestStack.run([.tenantManagement], environment: Self.waiting) { stack in
            let (client, database) = (stack.tenantManagement, try stack.database(.tenantManagement))
            let tenant = try await stack.createTenantID()
            let stored = try await StoredRows.read(database)
            let before = try await stored.mentioning(tenant)
            let reason: JSONValue = ["reason": "x"]
            let requests: [(path: String, body: JSONValue?, status: Int, code: String)] = [
                ("/move", ["reason": "x", "target": "silo"], 409, "TENANT_STATE"),
                ("/move/confirm", nil, 409, "NO_MOVE"),
                ("/provisioning/resume", reason, 409, "NO_PROVISIONING"),
                ("/provisioning/skip", reason, 409, "NO_PROVISIONING"),
                ("/provisioning/abort", reason, 409, "NO_PROVISIONING"),
                ("/deprovision/cancel", [:], 404, ""),
                ("/erase", nil, 409, "TENANT_NOT_OFFBOARDED"),
            ]
            for (path, body, status, code) in requests {
                let answer = try await client.post("/tenants/\(tenant)\(path)", body, token: stack.admin)
                #expect(answer.status == status && answer.errorCode == code, "\(path): \(answer.text)")
                let nobody = try await client.post("/tenants/\(Self.unknown)\(path)", body, token: stack.admin)
                #expect(nobody.status == 404, "\(path): \(nobody.text)")
            }
            for path in ["/deprovision", "/deprovision/certificate", "/deprovision/certificate/download", "/erasure"] {
                let answer = try await client.get("/tenants/\(tenant)\(path)", token: stack.admin)
                #expect(answer.status == 404, "\(path): \(answer.text)")
            }
            #expect(try await stored.mentioning(tenant) == before)
        }
    }

    @Test func `the same request several times at once has one effect`() async throws {
        try await TestStack.run([.tenantManagement], environment: Self.waiting) { stack in
            let (client, database) = (stack.tenantManagement, try stack.database(.tenantManagement))
            let tenant = try await stack.createTenantID()
            func atOnce(_ path: String, _ body: JSONValue?) async throws -> Set<Int> {
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<6 {
                        group.addTask {
                            try await client.post("/tenants/\(tenant)\(path)", body, token: stack.admin).status
                        }
                    }
                    return try await group.reduce(into: []) { $0.insert($1) }
                }
            }
            func count(_ table: String) async throws -> Int {
                try await database.count("SELECT count(*) FROM main.\(table) WHERE tenant_id = '\(tenant)'")
            }
            func events(_ type: String) async throws -> Int {
                try await database.count(
                    "SELECT count(*) FROM main.outbox WHERE tenant_id = '\(tenant)' AND type = '\(type)'")
            }
            #expect(try await atOnce("/suspend", ["reason": "legal", "note": "A claim"]) == [200])
            #expect(try await count("tenant_suspensions") == 1)
            #expect(try await events("TENANT_SUSPENDED") == 1)
            #expect(try await atOnce("/reactivate", ["reason": "legal"]) == [200])
            #expect(try await events("TENANT_REACTIVATED") == 1)
            #expect(try await atOnce("/deprovision", ["reason": "The end", "graceDays": 3]) == [202])
            #expect(try await count("offboardings") == 1)
            let other = try await client.post(
                "/tenants/\(tenant)/deprovision", ["reason": "The end", "graceDays": 4], token: stack.admin)
            #expect(other.status == 409 && other.errorCode == "OFFBOARDING_EXISTS")
            #expect(try await atOnce("/deprovision/cancel", ["note": "It stays"]) == [200])
            #expect(try await count("offboardings") == 1)
            #expect(try await atOnce("/exports", nil) == [202])
            #expect(try await count("tenant_exports") == 1)
            #expect(try await events("TENANT_EXPORT_REQUESTED") == 1)
        }
    }

    @Test func `an endpoint cannot have a port that does not exist, and a replay needs types if it names any`()
        async throws
    {
        try await WebhookWorld.run { world in
            for port in ["0", "65536", "99999999999999999999"] {
                let answer = try await world.client.post(
                    "/webhook-endpoints", ["url": .string("https://hooks.example.com:\(port)/")], token: world.admin)
                #expect(answer.status == 422 && answer.violations == ["/url: url"], "\(port): \(answer.text)")
            }
            let endpoint = try await world.endpoint("hook", ["isEnabled": false])
            let none = try await world.client.post(
                "\(endpoint.path)/replay",
                ["from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z", "eventTypes": []], token: world.admin)
            #expect(none.status == 422 && none.violations == ["/eventTypes: minItems"], "\(none.text)")
            try await world.client.delete(endpoint.path, token: world.admin).expect(204)
            let range: JSONValue = ["from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"]
            for (path, body) in [("/test", nil), ("/rotate", [:]), ("/replay", range)] as [(String, JSONValue?)] {
                let answer = try await world.client.post("\(endpoint.path)\(path)", body, token: world.admin)
                #expect(answer.status == 404, "\(path): \(answer.text)")
            }
            for path in ["/secret", "/deliveries"] {
                #expect(try await world.client.get("\(endpoint.path)\(path)", token: world.admin).status == 404)
            }
        }
    }

    /// A range that is not understood is ignored (RFC 9110 section 14.2); one outside the archive is not satisfiable.
    @Test func `ranges of an archive are read as the standard says`() async throws {
        try await TestStack.run([.tenantManagement, .subscription], environment: Self.waiting) { stack in
            let client = stack.tenantManagement
            let tenant = try await stack.createTenantID()
            let id = try await client.post("/tenants/\(tenant)/exports", token: stack.admin).expect(202).string("id")
            let size = try await stack.archive(ofExport: id).count
            let path = "/tenant-exports/\(id)/archive"
            let ranges: [(range: String, status: Int, count: Int)] = [
                ("items=0-1", 200, size), ("bytes=0-0", 206, 1), ("bytes=-5", 206, 5),
                ("bytes=1-99999999999999999999999", 206, size - 1), ("bytes=\(size)-", 416, 0),
                ("bytes=99999999999999999999999-", 416, 0), ("bytes=5-1", 416, 0), ("bytes=x", 416, 0),
            ]
            for (range, status, count) in ranges {
                let answer = try await client.send("GET", path, nil, token: stack.admin, headers: ["range": range])
                #expect(answer.status == status, "\(range): \(answer.text.prefix(300))")
                if status < 400 { #expect(answer.bytes.count == count, "\(range)") }
            }
        }
    }
}
