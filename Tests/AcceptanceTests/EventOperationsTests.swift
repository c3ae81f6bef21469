import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import ServicePlatform
import StackTestSupport
import TestSupport
import Testing

/// What operators do with events over HTTP: list, read, replay, and retry what was given up on.
@Suite(.timeLimit(.minutes(20))) struct EventOperationsTests {
    private static func filter(_ condition: JSONValue, limit: Int? = nil) -> String {
        var filter: JSONObject = ["where": condition]
        if let limit { filter["limit"] = .integer(limit) }
        return "/events?\(JSONValue.object(filter).parameter())"
    }

    private static func ids(_ response: TestResponse) -> [String] {
        (response.json.arrayValue ?? []).compactMap { $0["id"]?.stringValue }
    }

    /// The path in the `Link` header.
    private static func next(_ response: TestResponse) -> String? {
        response.headers["link"].flatMap { link in
            link.split(separator: ">").first.map { String($0.dropFirst()) }
        }
    }

    private static let insertion = """
        INSERT INTO main.outbox (
            event_id, type, version, tenant_id, occurred_at, data, state, attempts, settled_at, last_error)
        SELECT gen_random_uuid(), 'TEST_' || n % 3, 1, ('00000000-0000-4000-8000-00000000000' || n % 2)::uuid,
            '2026-01-05T10:00:00Z'::timestamptz + n * interval '1 minute', '{}', $1::smallint, 12,
            '2026-01-05T10:00:00Z'::timestamptz + n * interval '1 second', 'refused'
        FROM generate_series(1, $2::int) AS n
        """

    @Test func `events are listed by type, tenant, state and time, page by page, the newest first`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let database = try stack.database(.tenantManagement)
            try await database.query(Self.insertion, [.int16(1), .int32(12)])
            func list(_ path: String) async throws -> TestResponse {
                try await stack.tenantManagement.get(path, token: stack.admin).expect(200)
            }
            let own: JSONValue = ["type": ["like": "TEST_%"]]
            let all = Self.ids(try await list(Self.filter(own)))
            #expect(all.count == 12)
            #expect(
                all
                    == (try await database.texts(
                        "SELECT event_id::text FROM main.outbox WHERE type LIKE 'TEST%' ORDER BY occurred_at DESC")))
            let conditions: [(JSONValue, Int)] = [
                (["type": "TEST_1"], 4), (["type": "TEST_1", "state": 1], 4), (["type": "TEST_1", "state": 2], 0),
                (["tenantId": "00000000-0000-4000-8000-000000000001"], 6),
                (["occurredAt": ["between": ["2026-01-05T10:03:00Z", "2026-01-05T10:05:00Z"]]], 3),
                (["type": "TEST_0", "lastError": "refused"], 4), (["replayOf": ["neq": .null]], 0),
            ]
            for (condition, count) in conditions {
                #expect(Self.ids(try await list(Self.filter(condition))).count == count, "\(condition)")
            }
            var pages: [String] = []
            var path: String? = Self.filter(own, limit: 5)
            while let current = path {
                let page = try await list(current)
                pages += Self.ids(page)
                path = Self.next(page)
            }
            #expect(pages == all)
            let unknown = try await stack.tenantManagement.get(
                Self.filter(["data": ["secret": "x"]]), token: stack.admin)
            #expect(unknown.status == 400, "the content cannot be searched")
        }
    }

    @Test func `an event is shown with its content, and secrets in it are hidden`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["PROVISION_ON_CREATE": "true"]) { stack in
            var body = TestStack.tenantBody()
            body["tier"] = "STANDARD"
            let tenant = try await stack.tenantManagement.post("/tenants", .object(body), token: stack.admin).expect(
                201
            )
            .string("id")
            let database = try stack.database(.tenantManagement)
            let stored = try await database.texts(
                "SELECT event_id::text FROM main.outbox WHERE tenant_id = $1::uuid AND type = 'TENANT_PROVISIONING'",
                [.text(tenant)])
            let event = try #require(stored.first)
            let shown = try await stack.tenantManagement.get("/events/\(event)", token: stack.admin).expect(200)
            #expect(shown.json["data"]?["secret"] == "[hidden]")
            #expect(shown.json["data"]?["tenant"]?["id"]?.stringValue == tenant)
            #expect(shown.json["type"] == "TENANT_PROVISIONING")
            #expect(!shown.text.contains("sealed:"))
            for path in ["/events/\(Identifier.v4())", "/events/none"] {
                #expect(try await stack.tenantManagement.get(path, token: stack.admin).status == 404)
            }
            let environment = [
                "DB_HOST": database.server.host, "DB_PORT": database.server.port, "DB_SSLMODE": "disable",
                "DB_DATABASE": database.name, "DB_USER": database.server.user,
            ]
            func arc(_ arguments: String...) async throws -> TestCommand.Outcome {
                try await ArcCommand.run(
                    ["events"] + arguments + ["--service", "tenant-management"], environment: environment)
            }
            let printed = try await arc("show", event)
            #expect(printed.output.contains("[hidden]") && !printed.output.contains("sealed:"), "\(printed.errors)")
            let listed = try await arc("list", "--type", "TENANT_PROVISIONING", "--tenant", tenant, "--json")
            let listing = try JSONValue.parse(Array(listed.output.utf8))
            #expect(listing.arrayValue?.count == 1 && listing[0]?["id"]?.stringValue == event, "\(listed.errors)")
        }
    }

    @Test func `secret members are hidden wherever they are, and nothing else`() {
        let value: JSONValue = [
            "secret": "a", "list": [["clientSecret": "b", "name": "c"]], "text": "sealed:abc", "access_token": .null,
            "api-key": ["nested": "d"], "count": 1, "tier": "BASIC",
        ]
        let hidden: JSONValue = [
            "secret": "[hidden]", "list": [["clientSecret": "[hidden]", "name": "c"]], "text": "[hidden]",
            "access_token": .null, "api-key": "[hidden]", "count": 1, "tier": "BASIC",
        ]
        #expect(EventRedaction.redacted(value) == hidden)
    }

    @Test func `a replay runs the handlers of the named groups once more`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let tenant = try await stack.createTenantID()
            let outbox = try stack.database(.tenantManagement)
            let event = try #require(
                try await outbox.texts(
                    "SELECT event_id::text FROM main.outbox WHERE tenant_id = $1::uuid ORDER BY position LIMIT 1",
                    [.text(tenant)]
                ).first)
            try await eventually("its publication is recorded") {
                try await outbox.count(
                    "SELECT count(*) FROM main.outbox WHERE event_id = '\(event)' AND state = 1") == 1
            }
            // What the event has caused is lost, as after a restored backup; only the mark of the inbox is left.
            let subscription = try stack.database(.subscription)
            try await subscription.query("DELETE FROM main.known_tenants WHERE tenant_id = '\(tenant)'")

            let path = "/events/\(event)/replay"
            let invalid: [JSONValue] = [
                [:], ["reason": ""], ["reason": "r", "groups": []], ["reason": "r", "groups": ["No Group"]],
                ["reason": "r", "groups": ["nobody"]], ["reason": "r", "more": 1], ["reason": "a\u{0}"],
            ]
            for body in invalid {
                #expect(try await stack.tenantManagement.post(path, body, token: stack.admin).status == 422, "\(body)")
            }
            #expect(try await outbox.count("SELECT count(*) FROM main.outbox WHERE replay_of IS NOT NULL") == 0)

            let replayed = try await stack.tenantManagement.post(
                path, ["reason": "restored from a backup", "groups": ["subscription"]], token: stack.admin
            ).expect(202)
            #expect(replayed.json["replayOf"]?.stringValue == event)
            let replay = try replayed.string("id")
            try await stack.awaitAnnouncement(ofTenant: tenant)
            try await eventually("the replay is published") {
                try await stack.tenantManagement.get("/events/\(replay)", token: stack.admin).json["state"] == 1
            }
            let shown = try await stack.tenantManagement.get("/events/\(replay)", token: stack.admin).expect(200).json
            #expect(shown["replayOf"]?.stringValue == event)
            #expect(shown["replayGroups"] == ["subscription"])
            #expect(shown["replayReason"] == "restored from a backup")
            #expect(shown["replayedBy"]?.stringValue?.isEmpty == false)
            #expect(
                try await stack.database(.messageBus).count(
                    "SELECT count(*) FROM main.messages WHERE replay_of = '\(event)' AND groups = '{subscription}'")
                    == 1)
            let missing = try await stack.tenantManagement.post(
                "/events/\(Identifier.v4())/replay", ["reason": "r"], token: stack.admin)
            #expect(missing.status == 404)
        }
    }

    @Test func `only what was published can be replayed`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let database = try stack.database(.tenantManagement)
            try await database.query(Self.insertion, [.int16(2), .int32(1)])
            let event = try #require(
                try await database.texts("SELECT event_id::text FROM main.outbox WHERE state = 2").first)
            let dead = try await stack.tenantManagement.post(
                "/events/\(event)/replay", ["reason": "r"], token: stack.admin)
            #expect(dead.status == 409 && dead.errorCode == "EVENT_NOT_PUBLISHED")
            #expect(dead.message.contains("Retry"))
        }
    }

    @Test func `dead letters of outbox and groups are one list, filtered, paged and retried`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let outbox = try stack.database(.tenantManagement)
            try await outbox.query(Self.insertion, [.int16(2), .int32(4)])
            try await stack.database(.messageBus).query(
                """
                WITH message AS (
                    INSERT INTO main.messages (event_id, type, version, tenant_id, occurred_at, data, published_at)
                    SELECT gen_random_uuid(), 'TEST_9', 1, gen_random_uuid(), now(), '{}', now()
                    FROM generate_series(1, 3) RETURNING position, event_id)
                INSERT INTO main.deliveries (group_name, position, lane, type, state, attempts, settled_at, last_error)
                SELECT 'subscription', position, 'subscription:' || event_id, 'TEST_9', 2, 3,
                    '2026-01-05T10:00:02.5Z', 'no use' FROM message
                """)
            func list(_ query: String) async throws -> TestResponse {
                try await stack.tenantManagement.get("/events/dead-letters?\(query)", token: stack.admin).expect(200)
            }
            let all = try await list("").json.arrayValue ?? []
            #expect(
                all.map { $0["source"]?.stringValue }
                    == ["outbox", "outbox", "subscription", "subscription", "subscription", "outbox", "outbox"])
            let ids = all.compactMap { $0["id"]?.stringValue }
            try #require(ids == ids.filter { $0.contains(":") } && Set(ids).count == 7)

            var pages: [String] = []
            var query: String? = "limit=2"
            while let current = query {
                let page = try await list(current)
                #expect((page.json.arrayValue?.count ?? 9) <= 2)
                pages += Self.ids(page)
                query = Self.next(page)?.split(separator: "?").last.map(String.init)
            }
            #expect(pages == ids)
            #expect(Self.ids(try await list("limit=2e0")) == Array(ids.prefix(2)))

            let conditions: [(JSONValue, Int)] = [
                (["source": "outbox"], 4), (["type": "TEST_9"], 3), (["type": ["like": "TEST\\_%"]], 7),
                (["source": "subscription", "attempts": ["gte": 4]], 0), (["lastError": ["ilike": "NO%"]], 3),
                (["tenantId": "00000000-0000-4000-8000-000000000001"], 2),
                (["settledAt": ["lt": "2026-01-05T10:00:02Z"]], 1),
                (["or": [["type": "TEST_1"], ["type": "TEST_2"]]], 3),
            ]
            for (condition, count) in conditions {
                #expect(
                    Self.ids(try await list(condition.parameter("where"))).count == count, "\(condition)")
                let filter: JSONValue = ["where": condition]
                #expect(Self.ids(try await list(filter.parameter())).count == count, "\(filter)")
            }
            let filter: JSONValue = ["where": ["source": "outbox"], "limit": 1]
            let filtered = try await list(filter.parameter())
            #expect(Self.ids(filtered) == Array(ids.prefix(1)))
            let rest = try #require(Self.next(filtered)?.split(separator: "?").last)
            #expect(Self.ids(try await list(String(rest))) == [ids[1]], "the next page has the same filter")
            let both = try await list(filter.parameter() + "&limit=3&where%5Btype%5D=TEST_9")
            #expect(Self.ids(both).isEmpty, "both conditions hold")
            for bad in [
                JSONValue.object(["where": ["type": ["regexp": "T"]]]).parameter(),
                JSONValue.object(["order": "source ASC"]).parameter(), "filter[skip]=1", "filter[limit]=0",
                "filter[limit]=1001", "filter[fields][type]=true", "filter=%7B", "filter[nope]=1",
                JSONValue.object(["type": ["regexp": "T"]]).parameter("where"),
                JSONValue.object(["data": "x"]).parameter("where"), "limit=0", "limit=1001", "cursor=zz", "cursor=00",
            ] {
                let answer = try await stack.tenantManagement.get("/events/dead-letters?\(bad)", token: stack.admin)
                #expect(answer.status == 400, "\(bad)")
            }

            let retried = try #require(ids.first { $0.hasPrefix("subscription:") })
            let path = "/events/dead-letters/\(retried)/retry"
            let answer = try await stack.tenantManagement.post(path, token: stack.admin).expect(200)
            #expect(answer.json == ["id": .string(retried), "isPending": true])
            #expect(try await stack.tenantManagement.post(path, token: stack.admin).status == 404)
            let own = try #require(ids.first { $0.hasPrefix("outbox:") })
            try await stack.tenantManagement.post("/events/dead-letters/\(own)/retry", token: stack.admin).expect(200)
            try await eventually("it is published") {
                try await outbox.count(
                    "SELECT count(*) FROM main.outbox WHERE event_id = '\(own.dropFirst(7))' AND state = 1") == 1
            }
            for id in ["none", "outbox:none", "outbox:\(Identifier.v4())", "nobody:\(Identifier.v4())"] {
                let unknown = try await stack.tenantManagement.post(
                    "/events/dead-letters/\(id)/retry", token: stack.admin)
                #expect(unknown.status == 404, "\(id)")
            }
        }
    }

    @Test func `old events degrade the health report, which says where they wait`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["EVENT_LAG_SECONDS": "60"]) { stack in
            let client = stack.tenantManagement
            #expect(try await client.get("/health/ready").json["checks"]?["eventLag"] == "up")
            let database = try stack.database(.tenantManagement)
            try await database.query(
                """
                INSERT INTO main.outbox (event_id, type, version, occurred_at, data, visible_at, attempts)
                VALUES (gen_random_uuid(), 'TEST', 1, now() - interval '2 minutes', '{}', now() + interval '1 hour', 1)
                """)
            let degraded = try await client.get("/health/ready").expect(200)
            #expect(degraded.json["status"] == "degraded")
            let text = degraded.json["checks"]?["eventLag"]?.stringValue ?? ""
            #expect(text.hasPrefix("outbox 12") && text.hasSuffix("1 waiting"), "\(text)")
            try await database.query("DELETE FROM main.outbox WHERE type = 'TEST'")
            #expect(try await client.get("/health/ready").json["checks"]?["eventLag"] == "up")
        }
    }
}
