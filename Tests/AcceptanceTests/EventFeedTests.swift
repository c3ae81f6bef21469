import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

/// The feed of events: numbers without gaps, for everybody what is for them.
@Suite struct EventFeedTests {
    private static let environment = ["PROVISION_ON_CREATE": "false"]

    /// A feed from its beginning to its end, as a client reads it.
    private func read(_ stack: TestStack, _ query: String = "", token: String) async throws -> [JSONValue] {
        var events: [JSONValue] = []
        var after = 0
        while true {
            let page = try await stack.tenantManagement.get(
                "/events/feed?limit=7&after=\(after)\(query)", token: token
            ).expect(200).json
            let more = page["events"]?.arrayValue ?? []
            if more.isEmpty { return events }
            events += more
            after = page["next"]?.intValue ?? 0
        }
    }

    private func numbers(_ events: [JSONValue]) -> [Int] { events.compactMap { $0["sequence"]?.intValue } }

    @Test func `several nodes number events without gaps`() async throws {
        try await TestStack.run([.tenantManagement], environment: Self.environment) { stack in
            for _ in 0..<2 { try await stack.startNode(.tenantManagement) }
            let tenants = await concurrently(30, width: 10) { _ in try? await stack.createTenantID() }
                .compactMap(\.self)
            #expect(tenants.count == 30)
            _ = await concurrently(60, width: 10) { index in
                let status: JSONValue = ["status": index < 30 ? 5 : 0]
                return try? await stack.tenantManagement.patch(
                    "/tenants/\(tenants[index % 30])", status, token: stack.admin)
            }
            let outbox = try stack.database(.tenantManagement)
            try await eventually("all events are in the feed") {
                try await outbox.count(
                    """
                    SELECT count(*) FROM main.outbox
                    WHERE type IN ('TENANT_CREATED', 'TENANT_ACCESS_CHANGED', 'TENANT_SUSPENDED', 'TENANT_REACTIVATED')
                        AND event_id NOT IN (SELECT event_id FROM main.event_feed)
                    """) == 0
            }
            // Once more, as after a crash before the bus has learned of it.
            try await stack.data.redeliverEverything()
            let all = try await read(stack, token: stack.admin)
            #expect(all.count >= 30)
            #expect(numbers(all) == Array(1...all.count))
            #expect(Set(all.compactMap { $0["id"]?.stringValue }).count == all.count)
            for tenant in tenants.prefix(3) {
                let own = try await read(stack, "&tenantId=\(tenant)", token: stack.admin)
                #expect(!own.isEmpty && numbers(own) == Array(1...own.count))
                #expect(own.allSatisfy { $0["tenantId"] == .string(tenant) })
                #expect(own[0]["type"] == "TENANT_CREATED")
            }
        }
    }

    @Test func `a tenant's users get the events of their tenant that are for them, without gaps`() async throws {
        try await TestStack.run([.tenantManagement], environment: Self.environment) { stack in
            let (first, second) = (try await stack.createTenantID(), try await stack.createTenantID())
            let user = try await stack.tokens.userToken(tenant: first)
            let database = try stack.database(.tenantManagement)
            // One that only operators see, between two that the tenant sees.
            for type in ["TENANT_DEPLOYMENT_SUCCESS", "TENANT_PROVISIONING_SUCCESS"] {
                try await database.query(
                    """
                    INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
                    VALUES (gen_random_uuid(), $1, 1, $2::uuid, now(), '{"status": 1, "secret": "do not show"}')
                    """, [.text(type), .text(first)])
            }
            try await eventually("all events are in the feed") {
                try await database.count(
                    "SELECT count(*) FROM main.event_feed WHERE tenant_id = $1::uuid", [.text(first)]) == 3
            }
            let own = try await read(stack, token: user)
            #expect(own.map { $0["type"] } == ["TENANT_CREATED", "TENANT_PROVISIONING_SUCCESS"])
            #expect(numbers(own) == [1, 2])
            #expect(own[1]["data"] == ["tenantId": .string(first), "status": 1])
            #expect(try await read(stack, "&tenantId=\(first)", token: user) == own)
            #expect(numbers(try await read(stack, "&tenantId=\(first)", token: stack.admin)) == [1, 2, 3])
            try await stack.tenantManagement.get("/events/feed?tenantId=\(second)", token: user).expect(404)
            let powerless = try await stack.tokens.userToken(tenant: first, ["10207"])
            try await stack.tenantManagement.get("/events/feed", token: powerless).expect(403)
        }
    }

    @Test func `what is no longer kept is a 410 that says where the feed begins`() async throws {
        try await TestStack.run([.tenantManagement], environment: Self.environment) { stack in
            for _ in 0..<4 { _ = try await stack.createTenantID() }
            let database = try stack.database(.tenantManagement)
            let total = try await eventually("all events are in the feed") {
                let count = try await database.count("SELECT count(*) FROM main.event_feed")
                return count >= 4 ? count : nil
            }
            try await database.query("DELETE FROM main.event_feed WHERE position <= 2")
            let client = stack.tenantManagement
            let expired = try await client.get("/events/feed?after=1", token: stack.admin).expect(410)
            #expect(expired.errorCode == "FEED_EXPIRED")
            #expect(expired.details[0]["info"]?["firstAvailable"] == 3)
            let rest = try await client.get("/events/feed?after=2", token: stack.admin).expect(200)
            #expect(numbers(rest.json["events"]?.arrayValue ?? []) == Array(3...total))
            let fromStart = try await client.get("/events/feed", token: stack.admin).expect(200)
            #expect(fromStart.json == rest.json)
            let end = try await client.get("/events/feed?after=\(total)", token: stack.admin).expect(200)
            #expect(end.json == ["events": [], "next": .integer(total), "last": .integer(total)])
            let ahead = try await client.get("/events/feed?after=\(total + 1)", token: stack.admin).expect(400)
            #expect(ahead.violations == ["/after: maximum"])
            for query in ["after=-1", "after=x", "after=1.5", "after=9223372036854775808", "limit=0", "limit=1001"] {
                try await client.get("/events/feed?\(query)", token: stack.admin).expect(400)
            }
            try await client.get("/events/feed?tenantId=x", token: stack.admin).expect(400)
            // Also when nothing is kept: numbers are not given twice.
            try await database.query("DELETE FROM main.event_feed")
            let empty = try await client.get("/events/feed?after=\(total)", token: stack.admin).expect(200)
            #expect(empty.json["last"] == .integer(total))
            try await client.get("/events/feed?after=\(total - 1)", token: stack.admin).expect(410)
        }
    }
}
