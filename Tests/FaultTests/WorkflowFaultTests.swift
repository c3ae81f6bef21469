import Foundation
import JSONCoding
import PostgresTestSupport
import StackTestSupport
import Testing

/// Provisioning by processes that are killed, and what operators do about what hangs: the commands of docs/operations.md.
@Suite(.serialized) struct WorkflowFaultTests {
    /// The default lease is 8 s (`RunPolicy`); the one of this test is shorter, and is never taken for longer than it says.
    @Test func `a killed orchestrator holds up its runs for a lease and no longer`() async throws {
        try await ProcessStack.run { stack in
            let work = try ProvisioningScript()
            defer { work.remove() }
            let service = try await stack.start(.tenantManagement)
            let orchestrator = try await stack.start(
                .orchestrator, work.settings.merging(["PROVISIONING_LEASE_MILLIS": "3000"]) { $1 })
            let database = try stack.data.database(.orchestrator)
            work.hold()
            let created = await stack.create(service.client)
            #expect(created.status == 201)
            // In the middle of the work, then before it is recorded, and once more.
            for attempt in 1...3 {
                try await eventually("attempt \(attempt) is at work") { work.starts() >= attempt }
                try await orchestrator.kill()
                let held = try await database.count(
                    "SELECT count(*) FROM main.provisioning_runs WHERE due_at <= now() + interval '3 seconds'")
                #expect(held == 1)
                try await orchestrator.start()
                try await eventually("the step is performed again") { work.starts() > attempt }
            }
            work.release()
            try await stack.waitUntilAllAreActive()
            #expect(
                try await database.texts("SELECT concat_ws(' ', name, state, attempts) FROM main.workflow_steps")
                    == ["run-command succeeded 1"], "what was interrupted was no attempt")
        }
    }

    @Test func `an operator finds a step that hangs, removes the cause and resumes it`() async throws {
        try await ProcessStack.run { stack in
            let work = try ProvisioningScript()
            defer { work.remove() }
            let service = try await stack.start(.tenantManagement)
            _ = try await stack.start(
                .orchestrator,
                work.settings.merging([
                    "PROVISIONING_BACKOFF_MILLIS": "3600000", "PROVISIONING_BACKOFF_MAX_MILLIS": "3600000",
                ]) { $1 })
            work.fail()
            let key = await stack.create(service.client).key
            let tenant = try #require(
                try await stack.data.database(.tenantManagement).texts(
                    "SELECT id::text FROM main.tenants WHERE key = '\(key)'"
                ).first)
            let path = "/tenants/\(tenant)/provisioning"
            let admin = stack.admin
            try await eventually("the step waits") {
                let run = try await service.client.get(path, token: admin).expect(200).json[0]
                return run?["steps"]?[0]?["state"] == "WAITING"
            }
            let shown = try await service.client.get(path, token: admin).json[0]
            #expect(shown?["steps"]?[0]?["lastError"] == "the command ended with exit code 7")
            #expect(shown?["possibleCommands"] == ["resume", "skip", "abort"])
            // The query of docs/operations.md finds what hangs.
            #expect(try await stack.data.database(.orchestrator).texts(Self.hanging).isEmpty, "it is tried again")

            let environment = ["ARC_TOKEN": admin]
            let url = service.client.url
            async let watched = ArcCommand.run(
                ["tenants", "watch", tenant, "--url", url, "--interval", "50", "--timeout", "120"],
                environment: environment)
            let late = try await ArcCommand.run(
                ["tenants", "watch", tenant, "--url", url, "--timeout", "1"], environment: environment)
            #expect(late.status == 2)
            #expect(late.output.contains("run-command: WAITING: the command ended with exit code 7"), "\(late.output)")

            work.succeed()
            try await service.client.post("\(path)/resume", ["reason": "It works now"], token: admin).expect(202)
            try await stack.waitUntilAllAreActive()
            let outcome = try await watched
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("SUCCEEDED"), "\(outcome.output)")
            let commands = try await service.client.get(path, token: admin).json[0]?["commands"]
            #expect(commands?[0]?["outcome"] == "APPLIED" && commands?[0]?["reason"] == "It works now")
            let json = try await ArcCommand.run(
                ["tenants", "watch", tenant, "--url", url, "--json"], environment: environment)
            #expect(json.status == 0)
            #expect(try JSONValue.parse(json.output)["state"] == "SUCCEEDED")
        }
    }

    @Test func `an operator ends a run that cannot be undone, and the tenant can be provisioned again`() async throws {
        try await ProcessStack.run { stack in
            let work = try ProvisioningScript()
            defer { work.remove() }
            let service = try await stack.start(.tenantManagement)
            let orchestrator = try await stack.start(
                .orchestrator, work.settings.merging(["PROVISIONING_MAX_ATTEMPTS": "1"]) { $1 })
            work.fail()
            let key = await stack.create(service.client).key
            let tenant = try #require(
                try await stack.data.database(.tenantManagement).texts(
                    "SELECT id::text FROM main.tenants WHERE key = '\(key)'"
                ).first)
            let (path, admin) = ("/tenants/\(tenant)/provisioning", stack.admin)
            try await eventually("the run is stuck") {
                try await service.client.get(path, token: admin).expect(200).json[0]?["state"] == "STUCK"
            }
            #expect(try await stack.tenants()[key] == 3, "the tenant need not wait")
            #expect(try await stack.data.database(.orchestrator).texts(Self.hanging) == [tenant])
            #expect(try await orchestrator.client.get("/health/ready").json["checks"]?["stuckRuns"] == "1 waiting")
            let watched = try await ArcCommand.run(
                ["tenants", "watch", tenant, "--url", service.client.url], environment: ["ARC_TOKEN": admin])
            #expect(watched.status == 1 && watched.output.contains("STUCK"), "\(watched.output)")

            work.succeed()
            try await service.client.post("\(path)/abort", ["reason": "removed by hand"], token: admin).expect(202)
            try await eventually("the run is over") {
                try await service.client.get(path, token: admin).expect(200).json[0]?["state"] == "FAILED"
            }
            try await service.client.post(
                "/tenants/\(tenant)/provision", ["id": "1", "plan": ["tier": "BASIC"]], token: admin
            ).expect(204)
            try await stack.waitUntilAllAreActive()
            #expect(
                try await service.client.get(path, token: admin).json.arrayValue?.map { $0["state"] } == [
                    "SUCCEEDED", "FAILED",
                ])
        }
    }

    @Test func `events that were sealed under another key are retried after the key is corrected`() async throws {
        try await ProcessStack.run { stack in
            let service = try await stack.start(.tenantManagement)
            let wrong = try await stack.start(
                .orchestrator, ["DATA_ENCRYPTION_KEY": "another key, which tenant management does not have"])
            #expect(await stack.create(service.client).status == 201)
            let bus = try stack.data.database(.messageBus)
            let environment = [
                "DB_HOST": bus.server.host, "DB_PORT": bus.server.port, "DB_SSLMODE": "disable",
                "DB_DATABASE": bus.name, "DB_USER": bus.server.user,
            ]
            try await eventually("the event is a dead letter") {
                let listed = try await ArcCommand.run(
                    ["events", "dead", "--service", "message-bus"], environment: environment)
                return listed.output.contains("the secret was sealed under another DATA_ENCRYPTION_KEY")
            }
            try await wrong.stop()
            let retried = try await ArcCommand.run(
                ["events", "retry", "--all", "--service", "message-bus"], environment: environment)
            #expect(retried.status == 0, "\(retried.errors)")
            // With a dead letter it would be degraded, and the stack waits until a service is not.
            _ = try await stack.start(.orchestrator)
            try await stack.waitUntilAllAreActive()
        }
    }

    /// As in docs/operations.md.
    private static let hanging = """
        SELECT tenant_id::text, kind, tier, state, reason, last_error, unavailable_since, due_at FROM main.provisioning_runs
        WHERE due_at IS NOT NULL AND (state = 'stuck' OR unavailable_since IS NOT NULL) ORDER BY modified_on LIMIT 50
        """
}
