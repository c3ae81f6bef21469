import Foundation
import JSONCoding
import PostgresTestSupport
import StackTestSupport
import Testing

/// Drills about single tenants.
extension OperationsDrill {
    static func freeStuckTenant(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        try await ProcessStack.run { stack in
            let work = try ProvisioningScript()
            defer { work.remove() }
            work.fail()
            let management = try await stack.start(.tenantManagement)
            let settings = work.settings.merging([
                "PROVISIONING_BACKOFF_MILLIS": "3600000", "PROVISIONING_BACKOFF_MAX_MILLIS": "3600000",
            ]) { $1 }
            // A wrong secret first.
            let wrong = try await stack.start(
                .orchestrator,
                settings.merging(["DATA_ENCRYPTION_KEY": "another key than that of tenant management"]) { $1 })
            let key = await stack.create(management.client).key
            let tenant = try #require(
                try await stack.data.database(.tenantManagement).texts(
                    "SELECT id::text FROM main.tenants WHERE key = '\(key)'"
                ).first)
            let variables = OperationsShell.variables(of: try stack.data.database(.messageBus))
            let dead = try section.take("arc events dead")
            try await eventually("the event is a dead letter") {
                try await shell.succeed(dead, adding: "--service message-bus", environment: variables)
                    .contains("the secret was sealed under another DATA_ENCRYPTION_KEY")
            }
            try await wrong.stop()
            try await shell.succeed(
                try section.take("arc events retry --all"), adding: "--service message-bus", environment: variables)
            _ = try await stack.start(.orchestrator, settings)

            // A step that fails and waits.
            let call = ["TM": management.client.url, "TOKEN": stack.admin, "ARC_TOKEN": stack.admin]
            let example = ("019b8d2c-…", tenant)
            let show = try section.take("curl -H")
            try await eventually("the step waits") {
                let answer = try await shell.succeed(show, replacing: [example], adding: "--silent", environment: call)
                let run = try JSONValue.parse(Array(answer.utf8))[0]
                return run?["steps"]?[0]?["state"] == "WAITING" && run?["possibleCommands"]?[0] == "resume"
            }
            let watch = try section.take("arc tenants watch")
            let url = "--url \(management.client.url)"
            let early = try await shell.type(
                watch, replacing: [example], adding: "\(url) --timeout 1", environment: call)
            #expect(early.status == 2 && early.output.contains("WAITING"), "\(early.output)\(early.errors)")
            let runs = try stack.data.database(.orchestrator)
            let hanging = try section.take("SELECT tenant_id, kind")
            #expect(try await shell.query(hanging, in: runs).isEmpty, "it is tried again")
            try await runs.query("UPDATE main.provisioning_runs SET unavailable_since = now()")
            #expect(try await shell.query(hanging, in: runs).map { String($0.prefix(36)) } == [tenant])

            work.succeed()
            let resume = try await shell.succeed(
                try section.take("curl -X POST"), replacing: [example],
                adding: #"--silent --write-out "\n%{http_code}""#, environment: call)
            #expect(resume.hasSuffix("\n202"), "\(resume)")
            try await stack.waitUntilAllAreActive()
            let late = try await shell.succeed(watch, replacing: [example], adding: url, environment: call)
            #expect(late.contains("SUCCEEDED"), "\(late)")
        }
    }

    static func inspectWebhooks(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        try await WebhookReceiver.run { receiver, url in
            let environment = [
                "WEBHOOK_ALLOW_HTTP": "true", "WEBHOOK_ALLOW_PRIVATE_ADDRESSES": "true",
                "PROVISION_ON_CREATE": "false",
            ]
            try await TestStack.run([.tenantManagement], environment: environment) { stack in
                let (client, database) = (stack.tenantManagement, try stack.database(.tenantManagement))
                receiver.answer { _ in .status(500) }
                let endpoint = try await client.post(
                    "/webhook-endpoints", ["url": .string("\(url)/down")], token: stack.admin
                ).expect(201).string("id")
                _ = try await stack.createTenantID()
                let failing = try section.take("SELECT endpoint_id, host")
                try await eventually("the endpoint is failing") {
                    let rows = try await shell.query(failing, in: database)
                    return rows.count == 1 && rows[0].hasPrefix(endpoint) && rows[0].hasSuffix("|1")
                }
                #expect(
                    try await shell.succeed(
                        try section.take("arc events dead"), adding: "--service message-bus",
                        environment: OperationsShell.variables(of: try stack.database(.messageBus)))
                        == "no dead letters")
                receiver.answer { _ in .status(200) }
                try await client.post(
                    "/webhook-endpoints/\(endpoint)/replay",
                    ["from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z", "reason": "The receiver was down"],
                    token: stack.admin
                ).expect(200)
                let replays = try await client.get("/webhook-endpoints/\(endpoint)/replays", token: stack.admin)
                    .expect(200)
                #expect(replays.json[0]?["reason"] == "The receiver was down", "\(replays.text)")
                try await eventually("nothing is failing any more") {
                    try await shell.query(failing, in: database).isEmpty
                }
            }
        }
    }

    static func inspectTenants(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        try await TestStack.run(
            [.tenantManagement, .subscription], environment: ["PROVISION_ON_CREATE": "false"]
        ) { stack in
            let (client, database) = (stack.tenantManagement, try stack.database(.tenantManagement))
            let tenant = try await stack.createTenantID()
            let export = try await client.post("/tenants/\(tenant)/exports", token: stack.admin).expect(202)
                .string("id")
            try shell.write(try await stack.archive(ofExport: export), to: "FILE")

            try await client.post(
                "/tenants/\(tenant)/suspend", ["reason": "billing", "note": "Invoice 17 is not paid"],
                token: stack.admin
            ).expect(200)
            let suspended = try await shell.query(try section.take("SELECT tenant_id, reason"), in: database)
            #expect(suspended.count == 1 && suspended[0].contains("Invoice 17 is not paid"))
            try await client.post(
                "/tenants/\(tenant)/deprovision", ["reason": "The contract has ended", "graceDays": 30],
                token: stack.admin
            ).expect(202)
            let waiting = try await shell.query(try section.take("SELECT tenant_id, state, ends_on"), in: database)
            #expect(waiting.count == 1 && waiting[0].hasPrefix("\(tenant)|0|"))
            try await database.query(
                "UPDATE main.tenant_exports SET state = 'FAILED', last_error = 'too large'")
            let failed = try await shell.query(try section.take("SELECT id, tenant_id, state"), in: database)
            #expect(failed.count == 1 && failed[0].hasPrefix(export) && failed[0].hasSuffix("|too large"))
            #expect(try await shell.query(try section.take("SELECT tenant_id, wanted"), in: database).isEmpty)

            let check = try await shell.succeed(try section.take("arc tenants import FILE --dry-run"))
            #expect(check.contains(tenant) && check.contains("all checksums match"))
            let restore = try section.take("arc tenants import FILE")
            try await TestDatabase.with(.subscription) { other in
                try await shell.succeed(
                    restore, adding: "--service subscription", environment: OperationsShell.variables(of: other))
            }
            try await TestDatabase.with(.tenantManagement) { other in
                try await shell.succeed(
                    restore, adding: "--service tenant-management",
                    environment: OperationsShell.variables(of: other))
                #expect(try await other.texts("SELECT id::text FROM main.tenants") == [tenant])
            }
        }
    }
}
