import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import RedisClient
import StackTestSupport
import Testing

/// How far provisioning is: what the orchestrator reports, and who is shown what.
@Suite struct ProvisioningTimelineTests {
    @Test func `a run is shown from the request to its end`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            var run = try #require(try await hook.runs().first)
            #expect(run["id"]?.stringValue == hook.context && run["tenantId"]?.stringValue == hook.tenant)
            #expect(run["kind"] == 0 && run["status"] == 0 && run["state"] == "REQUESTED" && run["tier"] == "BASIC")
            #expect(run["steps"] == [] && run["estimate"] == .null && run["commands"] == [])

            try await hook.send(hook.progress(2, startedOn: "2026-11-29T01:00:00.000Z")).expect(204)
            run = try #require(try await hook.runs().first)
            #expect(run["state"] == "RUNNING" && run["startedOn"] == "2026-11-29T01:00:00.000Z")
            #expect(run["steps"] == TestWebhook.steps && run["possibleCommands"] == ["resume", "abort"])

            // The same again, and an older one, change nothing.
            try await hook.send(hook.progress(2, state: "STUCK")).expect(204)
            try await hook.send(hook.progress(1, state: "STUCK")).expect(204)
            #expect(try await hook.runs().first?["state"] == "RUNNING")

            // The report of the outcome contains the last progress.
            let last = hook.progress(
                5, state: "SUCCEEDED", possible: [], startedOn: "2026-11-29T01:00:00.000Z",
                endedOn: "2026-11-29T01:00:09.000Z")
            let body = hook.body().replacing(["data", "progress"], with: try #require(last["data"]))
            try await hook.send(body).expect(204)
            // Repeated with more that has happened since: it is the same outcome.
            let later = hook.progress(6, state: "SUCCEEDED", possible: [], endedOn: "2026-11-29T01:00:09.000Z")
            try await hook.send(hook.body().replacing(["data", "progress"], with: try #require(later["data"]))).expect(
                204)
            run = try #require(try await hook.runs().first)
            #expect(run["status"] == 1 && run["state"] == "SUCCEEDED" && run["endedOn"] == "2026-11-29T01:00:09.000Z")
            #expect(run["possibleCommands"] == [])
            #expect(try await hook.status() == 0)
        }
    }

    @Test func `no end is shown before the report of the outcome, and nothing else after a success`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            for (status, state) in [(1, "SUCCEEDED"), (0, "FAILED")] {
                let hook = try await TestWebhook.begin(stack)
                let end: JSONValue = "2026-11-29T01:00:09.000Z"
                let last = hook.progress(3, state: state, possible: [], endedOn: end)
                try await hook.send(last).expect(204)
                var run = try #require(try await hook.runs().first)
                #expect(run["status"] == 0 && run["state"] == "RUNNING" && run["endedOn"]?.stringValue == nil)
                #expect(run["steps"] == TestWebhook.steps && run["possibleCommands"] == [])
                // The same snapshot, in the report of the outcome.
                let body = hook.body(status: status).replacing(["data", "progress"], with: try #require(last["data"]))
                try await hook.send(body).expect(204)
                run = try #require(try await hook.runs().first)
                #expect(run["state"]?.stringValue == state && run["endedOn"] == end)
                // A later report: after a failure the orchestrator may be at work again, after a success it is not.
                try await hook.send(hook.progress(4)).expect(204)
                run = try #require(try await hook.runs().first)
                #expect(run["state"]?.stringValue == (status == 1 ? "SUCCEEDED" : "RUNNING"))
                #expect(run["possibleCommands"]?.arrayValue?.count == (status == 1 ? 0 : 2))
            }
        }
    }

    @Test func `the outcome and the progress that its report contains are seen at once`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            let database = try stack.database(.tenantManagement)
            let last = hook.progress(3, state: "SUCCEEDED", possible: [], endedOn: "2026-11-29T01:00:09.000Z")
            let body = hook.body().replacing(["data", "progress"], with: try #require(last["data"]))
            let sending = try await database.withPool { pool in
                try await pool.withTransaction { transaction in
                    // The report cannot be applied yet.
                    _ = try await transaction.query(
                        "SELECT 1 FROM main.tenants WHERE id = $1::uuid FOR UPDATE", [.text(hook.tenant)])
                    let sending = Task { try await hook.send(body).status }
                    try await eventually("the report waits for the tenant") {
                        try await database.count(
                            """
                            SELECT count(*) FROM pg_stat_activity
                            WHERE datname = current_database() AND wait_event_type = 'Lock'
                            """) > 0
                    }
                    let run = try #require(try await hook.runs().first)
                    #expect(run["state"] == "REQUESTED" && run["steps"] == [] && run["status"] == 0)
                    return sending
                }
            }
            #expect(try await sending.value == 204)
            let run = try #require(try await hook.runs().first)
            #expect(run["state"] == "SUCCEEDED" && run["steps"] == TestWebhook.steps && run["status"] == 1)
        }
    }

    @Test func `an orchestrator that reports no progress is shown by its outcome`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            for (status, state) in [(1, "SUCCEEDED"), (0, "FAILED")] {
                let hook = try await TestWebhook.begin(stack)
                // Other orchestrators may mean something else by the member.
                let body = hook.body(status: status).replacing(["data", "progress"], with: ["percent": 100])
                try await hook.send(body).expect(204)
                let run = try #require(try await hook.runs().first)
                #expect(run["state"]?.stringValue == state && run["steps"] == [])
                #expect(run["endedOn"]?.stringValue != nil)
            }
        }
    }

    @Test func `a tenant's own users see the steps, and nothing of errors and operators`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let (hook, other) = (try await TestWebhook.begin(stack), try await TestWebhook.begin(stack))
            try await hook.send(hook.progress(1)).expect(204)
            try await hook.command("abort").expect(202)
            try await hook.send(hook.body()).expect(204)
            let user = try await stack.tokens.userToken(tenant: hook.tenant)
            let run = try #require(try await hook.runs(token: user).first)
            #expect(run["steps"]?.arrayValue?.map { $0["name"] } == ["create-schema", "grant"])
            #expect(run["steps"]?[1]?["attempts"] == 2)
            let text = String(decoding: run.serialized(), as: UTF8.self)
            for word in ["db-7", "lastError", "reason", "commands", "possibleCommands", "disk"] {
                #expect(!text.contains(word), "\(word)")
            }
            #expect(try await other.runs().count == 1)
            let foreign = try await stack.tenantManagement.get("/tenants/\(other.tenant)/provisioning", token: user)
            #expect(foreign.status == 404)
            try await stack.tenantManagement.get("/tenants/\(Identifier.v4())/provisioning", token: stack.admin).expect(
                404)
            let poor = try await stack.tokens.operatorToken(["10207"])
            try await stack.tenantManagement.get("/tenants/\(hook.tenant)/provisioning", token: poor).expect(403)
        }
    }

    @Test func `runs are filtered, paged and revalidated`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let first = try await TestWebhook.begin(stack)
            try await first.send(first.body(status: 0)).expect(204)
            try await stack.tenantManagement.post(
                "/tenants/\(first.tenant)/provision", ["id": "1", "plan": ["tier": "PREMIUM"]], token: stack.admin
            ).expect(204)
            let second = try await TestWebhook.of(first.tenant, stack)
            #expect(try await first.runs().map { $0["id"]?.stringValue } == [second.context, first.context])
            let failed = JSONValue.object(["where": ["state": "FAILED"]]).parameter()
            #expect(try await first.runs("?\(failed)").map { $0["id"]?.stringValue } == [first.context])
            let tier = JSONValue.object(["where": ["tier": "PREMIUM", "kind": 0]]).parameter()
            #expect(try await first.runs("?\(tier)").map { $0["id"]?.stringValue } == [second.context])

            let path = "/tenants/\(first.tenant)/provisioning"
            let page = try await stack.tenantManagement.get(
                "\(path)?\(JSONValue.object(["limit": 1]).parameter())", token: stack.admin)
            let link = try #require(page.headers["link"])
            let next = try #require(link.split(separator: "<").last?.split(separator: ">").first)
            let rest = try await stack.tenantManagement.get(String(next), token: stack.admin).expect(200)
            #expect(rest.json.arrayValue?.map { $0["id"]?.stringValue } == [first.context])
            #expect(rest.headers["link"] == nil)

            let whole = try await stack.tenantManagement.get(path, token: stack.admin).expect(200)
            let tag = try #require(whole.headers["etag"])
            let same = try await stack.tenantManagement.send(
                "GET", path, token: stack.admin, headers: ["if-none-match": tag])
            #expect(same.status == 304)
            try await second.send(second.progress(1)).expect(204)
            let changed = try await stack.tenantManagement.send(
                "GET", path, token: stack.admin, headers: ["if-none-match": tag])
            #expect(changed.status == 200)

            // What filters cannot name, because not everybody may see it.
            let hidden = JSONValue.object(["where": ["reason": ["like": "%"]]]).parameter()
            try await stack.tenantManagement.get("\(path)?\(hidden)", token: stack.admin).expect(400)
        }
    }

    @Test func `the rest is estimated from earlier runs of the tier`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            #expect(try await hook.runs().first?["estimate"] == .null)
            for seconds in [10, 100, 1000] {
                let done = try await TestWebhook.begin(stack)
                try await done.send(done.body()).expect(204)
                try await stack.database(.tenantManagement).query(
                    """
                    UPDATE main.provisionings SET started_on = now() - $2 * interval '1 s', ended_on = now()
                    WHERE tenant_id = $1::uuid
                    """, [.text(done.tenant), .int64(Int64(seconds))])
            }
            let estimate = try #require(try await hook.runs().first?["estimate"])
            #expect(estimate["basedOnRuns"] == 3)
            #expect(estimate["remainingSeconds"] == 100)
            // Begun a while ago.
            try await stack.database(.tenantManagement).query(
                "UPDATE main.provisionings SET started_on = now() - interval '60 s' WHERE tenant_id = $1::uuid",
                [.text(hook.tenant)])
            let remaining = try #require(try await hook.runs().first?["estimate"]?["remainingSeconds"]?.intValue)
            #expect((0...40).contains(remaining))
        }
    }

    @Test func `reports that are wrong are rejected with the place`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            let wrong: [([String], JSONValue, String)] = [
                (["data", "version"], 0, "/data/version"), (["data", "version"], "1", "/data/version"),
                (["data", "state"], "LOST", "/data/state"), (["data", "state"], "REQUESTED", "/data/state"),
                (["data", "steps"], [:], "/data/steps"),
                (["data", "steps", "0", "name"], 7, "/data/steps/0/name"),
                (["data", "steps", "0", "startedOn"], "yesterday", "/data/steps/0/startedOn"),
                (["data", "tier"], .string(String(repeating: "x", count: 1001)), "/data/tier"),
                (["data", "commands"], [["id": "1"]], "/data/commands/0/id"),
                (["data", "endedOn"], 5, "/data/endedOn"),
            ]
            for (pointer, value, place) in wrong {
                let answer = try await hook.send(hook.progress(1).replacing(pointer, with: value))
                #expect(answer.status == 422, "\(pointer)")
                #expect(answer.details.contains { $0["path"]?.stringValue == place }, "\(answer.text)")
            }
            #expect(try await hook.runs().first?["state"] == "REQUESTED")

            // Of another request, also of the same tenant, and of another tenant.
            let foreign = try await TestWebhook.begin(stack)
            let stolen = hook.progress(1).replacing(["data", "context"], with: .string(foreign.context))
            try await hook.send(stolen).expect(401)
            let unknown = hook.progress(1).replacing(["data", "context"], with: .string("\(Identifier.v4())"))
            try await hook.send(unknown).expect(401)
        }
    }

    @Test func `an unknown type of callback is answered with the known ones`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            for type in [JSONValue.integer(99), .integer(-1)] {
                let answer = try await hook.send(hook.body().replacing(["type"], with: type))
                #expect(answer.status == 422)
                #expect(answer.message.hasPrefix("Invalid type of webhook"))
                for known in ["0 (RESOURCES_PROVISIONED)", "1 (RESOURCES_DEPROVISIONED)", "2 (PROVISIONING_PROGRESS)"] {
                    #expect(answer.message.contains(known), "\(answer.message)")
                }
            }
            // What was signed for a provisioning says nothing about a removal.
            try await hook.send(hook.body().replacing(["type"], with: 1)).expect(401)
            #expect(try await hook.status() == 2)
            try await hook.send().expect(204)
        }
    }

    @Test func `without its copy in Redis the secret works, before the event has left and after the outcome`()
        async throws
    {
        try await TestStack.run([.tenantManagement]) { stack in
            // The event is in the outbox, and no orchestrator has it.
            let hook = try await TestWebhook.begin(stack)
            let redis = try TestRedis(stack.servers)
            try await withCleanup {
                _ = try await redis.client.delete(["webhook-secret:\(hook.tenant)"])
                try await hook.send(hook.progress(1)).expect(204)
                try await hook.send().expect(204)
                _ = try await redis.client.delete(["webhook-secret:\(hook.tenant)"])
                try await hook.send().expect(204)
            } cleanup: {
                await redis.client.shutdown()
            }
            #expect(try await hook.status() == 0)
        }
    }
}
