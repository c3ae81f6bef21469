import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

/// What operators decide about runs.
@Suite struct ProvisioningCommandTests {
    private func events(_ hook: TestWebhook) async throws -> [JSONValue] {
        try await hook.stack.database(.tenantManagement).texts(
            """
            SELECT json_build_object('id', event_id, 'data', data)::text FROM main.outbox
            WHERE type = 'TENANT_PROVISIONING_COMMAND' AND tenant_id = $1::uuid ORDER BY position
            """, [.text(hook.tenant)]
        ).map { try JSONValue.parse($0) }
    }

    @Test func `a command is sent once, and the timeline shows who, why, and what became of it`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            try await hook.send(hook.progress(1)).expect(204)
            let path = "/tenants/\(hook.tenant)/provisioning/resume"
            let key = ["idempotency-key": "resume-1"]
            let sent = try await stack.tenantManagement.send(
                "POST", path, ["reason": "The disk is larger now"], token: stack.admin, headers: key
            ).expect(202)
            let again = try await stack.tenantManagement.send(
                "POST", path, ["reason": "The disk is larger now"], token: stack.admin, headers: key
            ).expect(202)
            #expect(again.json["id"] == sent.json["id"])
            #expect(sent.json["outcome"] == "PENDING" && sent.json["requestedBy"]?.stringValue != nil)
            let events = try await events(hook)
            #expect(events.count == 1)
            let id = try sent.string("id")
            #expect(events[0]["id"]?.stringValue == id)
            let data = try #require(events[0]["data"])
            #expect(data["commandId"]?.stringValue == id && data["context"]?.stringValue == hook.context)
            #expect(data["command"] == "resume" && data["reason"] == "The disk is larger now")
            #expect(data["actor"] == sent.json["requestedBy"])

            // Not twice while the orchestrator has not decided.
            let pending = try await hook.command("resume")
            #expect(pending.status == 409 && pending.errorCode == "COMMAND_PENDING")

            let decision: JSONValue = [
                ["id": .string(id), "outcome": "APPLIED", "detail": .null, "decidedOn": "2026-11-29T02:00:00.000Z"]
            ]
            try await hook.send(hook.progress(2, commands: decision)).expect(204)
            let shown = try #require(try await hook.runs().first?["commands"]?[0])
            #expect(shown["outcome"] == "APPLIED" && shown["decidedOn"] == "2026-11-29T02:00:00.000Z")
            #expect(shown["reason"] == "The disk is larger now" && shown["requestedBy"] == sent.json["requestedBy"])
            try await hook.command("resume").expect(202)
            // The run ends before the orchestrator has seen it.
            try await hook.send(hook.progress(3, state: "FAILED", possible: [], commands: decision)).expect(204)
            let commands = try #require(try await hook.runs().first?["commands"]?.arrayValue)
            #expect(commands.map { $0["outcome"] } == ["APPLIED", "REFUSED"])
            #expect(commands[1]["detail"] == "the run was over")
        }
    }

    @Test func `what is not possible is a conflict that says what is`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            let early = try await hook.command("abort")
            #expect(early.status == 409 && early.errorCode == "COMMAND_NOT_POSSIBLE")
            #expect(early.details.first?["info"]?["possible"] == [])
            try await hook.send(hook.progress(1, possible: ["resume", "abort"])).expect(204)
            let skip = try await hook.command("skip")
            #expect(skip.status == 409)
            #expect(skip.details.first?["info"]?["possible"] == ["resume", "abort"])
            #expect(skip.details.first?["info"]?["state"] == "RUNNING")
            try await hook.send().expect(204)
            let over = try await hook.command("abort")
            #expect(over.status == 409 && over.message.contains("SUCCEEDED"))
            #expect(try await events(hook).isEmpty)
        }
    }

    @Test func `a tenant without a request has nothing to intervene in`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["PROVISION_ON_CREATE": "false"]) { stack in
            let tenant = try await stack.createTenantID()
            let answer = try await stack.tenantManagement.post(
                "/tenants/\(tenant)/provisioning/abort", ["reason": "x"], token: stack.admin)
            #expect(answer.status == 409 && answer.errorCode == "NO_PROVISIONING")
            #expect(
                try await stack.tenantManagement.get("/tenants/\(tenant)/provisioning", token: stack.admin).json == [])
        }
    }

    @Test func `a command needs a reason, the permission and an operator`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            try await hook.send(hook.progress(1)).expect(204)
            let bodies: [(JSONValue, String)] = [
                ([:], ""), (["reason": ""], "/reason"), (["reason": 5], "/reason"), (["reason": .null], "/reason"),
                (["reason": .string(String(repeating: "x", count: 501))], "/reason"),
            ]
            for (body, place) in bodies {
                let answer = try await hook.command("abort", body)
                #expect(answer.status == 422, "\(body)")
                #expect(answer.details.contains { $0["path"]?.stringValue == place }, "\(answer.text)")
            }
            try await hook.command("abort", ["reason": .string(String(repeating: "é", count: 500))]).expect(202)
            let path = "/tenants/\(hook.tenant)/provisioning/resume"
            let poor = try await stack.tokens.operatorToken(["10245"])
            try await stack.tenantManagement.post(path, ["reason": "x"], token: poor).expect(403)
            try await stack.tenantManagement.post(path, ["reason": "x"]).expect(401)
            try await stack.tenantManagement.post(
                "/tenants/\(Identifier.v4())/provisioning/resume", ["reason": "x"], token: stack.admin
            ).expect(404)
            #expect(try await events(hook).count == 1)
        }
    }
}
