import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import TestSupport
import Testing

/// What the person on call types about events, against running services.
@Suite(.timeLimit(.minutes(20))) struct EventCommandTests {
    /// The command line beside the database of a service.
    private struct Terminal {
        let database: TestDatabase
        let service: String

        func arc(_ arguments: String...) async throws -> TestCommand.Outcome { try await run(arguments) }

        private func run(_ arguments: [String]) async throws -> TestCommand.Outcome {
            try await ArcCommand.run(
                ["events"] + arguments + ["--service", service],
                environment: [
                    "DB_HOST": database.server.host, "DB_PORT": database.server.port, "DB_SSLMODE": "disable",
                    "DB_DATABASE": database.name, "DB_USER": database.server.user,
                ])
        }

        /// The events that `arc events list` prints.
        func list(_ arguments: String...) async throws -> [JSONValue] {
            let listed = try await run(["list", "--json"] + arguments)
            #expect(listed.status == 0, "\(listed.errors)")
            return try JSONValue.parse(Array(listed.output.utf8)).arrayValue ?? []
        }
    }

    private static let insertion = """
        INSERT INTO main.outbox (
            event_id, type, version, tenant_id, occurred_at, data, state, attempts, settled_at, last_error, visible_at)
        SELECT ('00000000-0000-4000-8000-0000000000' || to_char(n, 'FM00'))::uuid, 'TEST_' || n % 3, 1, $1::uuid,
            '2026-01-05T10:00:00Z'::timestamptz + n * interval '1 minute', json_build_object('n', n, 'apiKey', 'k'), n % 3, n,
            CASE WHEN n % 3 > 0 THEN now() END, 'refused', CASE WHEN n % 3 = 0 THEN now() + interval '1 day' END
        FROM generate_series(1, 9) AS n
        """

    private static func id(_ number: Int) -> String { "00000000-0000-4000-8000-00000000000\(number)" }

    @Test func `events are listed by type, tenant, state and time, and one is shown without its secrets`()
        async throws
    {
        try await TestStack.run([.tenantManagement]) { stack in
            let tenant = try await stack.createTenantID()
            let terminal = Terminal(database: try stack.database(.tenantManagement), service: "tenant-management")
            // Events that follow others of their tenant are published with them.
            try await eventually("the tenant's own events are published") {
                try await terminal.database.count("SELECT count(*) FROM main.outbox WHERE state = 0") == 0
            }
            try await terminal.database.query(Self.insertion, [.text(tenant)])
            func numbers(_ events: [JSONValue]) -> [Int] { events.compactMap { $0["attempts"]?.intValue } }
            #expect(numbers(try await terminal.list("--type", "TEST_0")) == [9, 6, 3], "the newest first")
            #expect(numbers(try await terminal.list("--type", "TEST_0", "--state", "pending")) == [9, 6, 3])
            #expect(numbers(try await terminal.list("--type", "TEST_0", "--state", "published")) == [])
            #expect(numbers(try await terminal.list("--state", "dead", "--tenant", tenant, "--limit", "2")) == [8, 5])
            #expect(
                numbers(try await terminal.list("--type", "TEST_1", "--since", "2026-01-05T10:05:00Z")) == [7])
            #expect(numbers(try await terminal.list("--tenant", Identifier.v4().description)) == [])

            let lines = try await terminal.arc("list", "--state", "dead")
            #expect(lines.output.split(separator: "\n").count == 3, "\(lines.output)")
            for part in [Self.id(8), "TEST_2", "dead", "tenant \(tenant)", "attempt 8: refused"] {
                #expect(lines.output.contains(part), "\(lines.output)")
            }
            #expect(try await terminal.arc("list", "--type", "NONE").output == "no events\n")
            for (option, value) in [
                ("--type", "lower"), ("--tenant", "1"), ("--state", "lost"), ("--since", "yesterday"), ("--limit", "0"),
            ] {
                let refused = try await terminal.arc("list", option, value)
                #expect(refused.status == 64 && refused.errors.contains(option), "\(option): \(refused.errors)")
            }

            let shown = try await terminal.arc("show", Self.id(4))
            let event = try JSONValue.parse(Array(shown.output.utf8))
            #expect(event["data"] == ["n": 4, "apiKey": "[hidden]"] && event["state"] == "published")
            #expect(event["tenantId"] == .string(tenant) && event["outbox"] == "tenant-management")
            let unknown = try await terminal.arc("show", Identifier.v4().description)
            #expect(unknown.status == 1 && unknown.errors.contains("no outbox has the event"), "\(unknown.errors)")
            #expect(try await terminal.arc("show", "4").status == 64)
        }
    }

    @Test func `a replay runs the handlers of the named group once more, and says why it cannot`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let tenant = try await stack.createTenantID()
            let terminal = Terminal(database: try stack.database(.tenantManagement), service: "tenant-management")
            try await stack.awaitAnnouncement(ofTenant: tenant)
            let event = try await eventually("its publication is recorded") {
                try await terminal.list("--tenant", tenant, "--state", "published").last?["id"]?.stringValue
            }
            // What the event has caused is lost, as after a restored backup; only the mark of the inbox is left.
            let subscription = try stack.database(.subscription)
            try await subscription.query("DELETE FROM main.known_tenants WHERE tenant_id = '\(tenant)'")
            let replayed = try await terminal.arc(
                "replay", event, "--group", "subscription", "--reason", "restored from a backup")
            #expect(replayed.status == 0, "\(replayed.errors)")
            let replay = try #require(replayed.output.split(separator: " ").first.map(String.init))
            #expect(replayed.output == "\(replay) repeats \(event)\n")
            try await stack.awaitAnnouncement(ofTenant: tenant)
            try await eventually("its publication is recorded") {
                try await terminal.list("--tenant", tenant, "--state", "published").contains {
                    $0["id"]?.stringValue == replay
                }
            }
            let shown = try JSONValue.parse(Array(try await terminal.arc("show", replay).output.utf8))
            #expect(shown["replayOf"] == .string(event) && shown["replayGroups"] == ["subscription"])
            #expect(shown["replayReason"] == "restored from a backup" && shown["replayedBy"] == "arc events")

            try await terminal.database.query(Self.insertion, [.text(Identifier.v4().description)])
            let refusals = [
                (Self.id(2), "is a dead letter: use arc events retry"), (Self.id(3), "was not published yet"),
                (Identifier.v4().description, "no outbox has the event"),
            ]
            for (event, reason) in refusals {
                let refused = try await terminal.arc("replay", event, "--reason", "r")
                #expect(refused.status == 1 && refused.errors.contains(reason), "\(refused.errors)")
            }
            for arguments in [["--reason", ""], ["--reason", "r", "--group", "No Group"], []] {
                let refused = try await ArcCommand.run(["events", "replay", event] + arguments, environment: [:])
                #expect(refused.status == 64, "\(arguments): \(refused.errors)")
            }
            #expect(
                try await terminal.database.count("SELECT count(*) FROM main.outbox WHERE replay_of IS NOT NULL") == 1)
        }
    }

    @Test func `a dead letter is retried alone`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let terminal = Terminal(database: try stack.database(.tenantManagement), service: "tenant-management")
            try await terminal.database.query(Self.insertion, [.text(Identifier.v4().description)])
            // Those that wait would hold up the later events of their tenant.
            try await terminal.database.query("DELETE FROM main.outbox WHERE type = 'TEST_0'")
            let dead = try await terminal.arc("dead", "--limit", "2")
            #expect(dead.output.split(separator: "\n").count == 2, "\(dead.output)")
            let retried = try await terminal.arc("retry", Self.id(5))
            #expect(retried.status == 0 && retried.output == "1 event will be retried\n", "\(retried.errors)")
            try await eventually("it is published") {
                let published = try await terminal.list("--type", "TEST_2", "--state", "published")
                return published.first?["id"]?.stringValue == Self.id(5)
            }
            #expect(try await terminal.list("--state", "dead").count == 2, "the others stay")
            let none = try await terminal.arc("retry", Self.id(5))
            #expect(none.status == 1 && none.output == "0 events will be retried\n")
            for arguments in [[], ["--all", Self.id(5)], ["5"]] {
                let refused = try await ArcCommand.run(["events", "retry"] + arguments, environment: [:])
                #expect(refused.status == 64, "\(arguments)")
            }
        }
    }

    @Test func `the doctor finds events that wait for too long, and where`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let port = try #require(stack.node(.tenantManagement)?.port)
            let variables = try stack.data.variables(.tenantManagement, tenantManagement: nil)
                .merging(["PORT": "\(port)", "EVENT_LAG_SECONDS": "60"]) { $1 }
            func events() async throws -> (line: String, report: String) {
                let report = try await ArcCommand.run(
                    ["doctor", "--service", "tenant-management"], environment: variables
                ).output
                let lines = report.split(separator: "\n").map(String.init)
                return (lines.first { $0.contains("  events: ") } ?? "", report)
            }
            try await eventually("nothing waits") { try await events().line == "  ok    events: none waiting" }

            // One waits for a later attempt, and one for a handler that has failed.
            let (outbox, bus) = (try stack.database(.tenantManagement), try stack.database(.messageBus))
            try await outbox.query(
                """
                INSERT INTO main.outbox (event_id, type, version, occurred_at, data, visible_at, attempts)
                VALUES (gen_random_uuid(), 'TEST', 1, now() - interval '2 hours', '{}', now() + interval '1 day', 1)
                """)
            try await bus.query(
                """
                WITH message AS (
                    INSERT INTO main.messages (event_id, type, version, occurred_at, data, published_at)
                    VALUES (gen_random_uuid(), 'TEST', 1, now() - interval '3 hours', '{}', now() - interval '3 hours')
                    RETURNING position, event_id)
                INSERT INTO main.deliveries (group_name, position, lane, type, state, attempts, visible_at)
                SELECT 'tenant-management', position, 'tenant-management:' || event_id, 'TEST', 0, 3,
                    now() + interval '1 day' FROM message
                """)
            let (line, report) = try await events()
            let words = line.split(separator: " ").map(String.init)
            try #require(words.count == 12, "\(report)")
            let ages = [words[3], words[8]].compactMap { Int($0) }
            let expected = [
                "FAIL", "events:", "outbox", words[3], "s,", "1", "waiting;", "tenant-management", words[8], "s,", "1",
                "waiting",
            ]
            #expect(words == expected, "\(report)")
            #expect(ages.count == 2 && ages[0] >= 7200 && ages[1] >= 10_800, "\(report)")
            #expect(report.contains("fix: See what waits with `arc events list --state pending`"), "\(report)")

            // A longer patience, and no more work.
            let patient = try await ArcCommand.run(
                ["doctor", "--service", "tenant-management"],
                environment: variables.merging(["EVENT_LAG_SECONDS": "604800"]) { $1 })
            #expect(
                patient.output.contains("  ok    events: 2 waiting, none for longer than EVENT_LAG_SECONDS"),
                "\(patient.output)")
            try await outbox.query("DELETE FROM main.outbox WHERE type = 'TEST'")
            try await bus.query("DELETE FROM main.deliveries WHERE type = 'TEST'")
            try await eventually("nothing waits") { try await events().line == "  ok    events: none waiting" }
        }
    }
}
