import JSONCoding
import PostgresTestSupport
import StackTestSupport
import Testing

/// Drills about events and work that wait.
extension OperationsDrill {
    /// An event that an outbox has given up on.
    private static let deadLetter = "0198c0de-0000-7000-8000-000000000001"

    private static func insertDeadLetter(into database: TestDatabase) async throws {
        try await database.query(
            """
            INSERT INTO main.outbox (event_id, type, version, occurred_at, data, state, attempts, settled_at, last_error)
            VALUES ('\(deadLetter)', 'TENANT_CREATED', 1, now(), '{}', 2, 12, now(), 'refused')
            """)
    }

    private static func awaitPublication(of event: String, in database: TestDatabase) async throws {
        try await eventually("the event is published") {
            try await database.count("SELECT count(*) FROM main.outbox WHERE event_id = '\(event)' AND state = 1") == 1
        }
    }

    static func inspectStuckWork(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        // Without an orchestrator, a tenant stays PROVISIONING.
        try await TestStack.run([.tenantManagement]) { stack in
            let database = try stack.database(.tenantManagement)
            let tenant = try await stack.createTenantID()
            try await insertDeadLetter(into: database)
            let waiting = try await shell.query(try section.take("SELECT event_id, type"), in: database)
            #expect(waiting.contains { $0.hasPrefix(deadLetter) && $0.contains("refused") })
            let provisionings = try await shell.query(try section.take("SELECT tenant_id, requested_on"), in: database)
            #expect(provisionings.count == 1 && provisionings[0].hasPrefix(tenant))
            #expect(try await shell.query(try section.take("SELECT id, type, attempts"), in: database).isEmpty)
            let runs = try section.take("SELECT * FROM main.provisioning_runs")
            let stored = try await TestDatabase.with(.orchestrator) { try await shell.query(runs, in: $0) }
            #expect(stored.isEmpty)

            let health = try await stack.tenantManagement.get("/health/ready")
            #expect(health.json["checks"]?["deadLetters"] == "1 waiting")
            let variables = OperationsShell.variables(of: database)
            let service = "--service tenant-management"
            let listed = try await shell.succeed(
                try section.take("arc events dead"), adding: service, environment: variables)
            #expect(listed.contains(deadLetter) && listed.contains("refused"))
            try await shell.succeed(
                try section.take("arc events retry"), replacing: [("0198c0de-…", deadLetter)], adding: service,
                environment: variables)
            try await awaitPublication(of: deadLetter, in: database)
        }
    }

    static func operateEvents(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let (database, bus) = (try stack.database(.tenantManagement), try stack.database(.messageBus))
            let variables = OperationsShell.variables(of: database)
            let service = "--service tenant-management"
            try await eventually("the first events are published") {
                try await database.count("SELECT count(*) FROM main.outbox WHERE state = 0") == 0
            }
            // The bus is away.
            try await bus.setAway(true, for: bus.template.runtimeRole)
            let pending = try section.take("arc events list --state pending")
            let examine = try section.take("arc doctor")
            let settings = try stack.data.variables(.tenantManagement, tenantManagement: nil)
            let created = try await stack.createTenant()
            let tenant = try #require(created["id"]?.stringValue)
            try await eventually("the service says that the bus is down") {
                try await stack.tenantManagement.get("/health/ready").json["checks"]?["messageBus"] == "down"
            }
            #expect(
                try await shell.succeed(pending, adding: service, environment: variables).contains(
                    "TENANT_PROVISIONING"))
            #expect(
                try await shell.type(examine, adding: service, environment: settings).output.contains(
                    "  FAIL  message bus: "))
            try await bus.setAway(false)
            #expect(
                try await shell.type(examine, adding: service, environment: settings).output.contains(
                    "  ok    events: "))
            try await stack.awaitAnnouncement(ofTenant: tenant)
            try await eventually("nothing waits any more") {
                try await shell.succeed(pending, adding: service, environment: variables) == "no events"
            }

            // What was published has no effect, as after a restored backup, and is handled once more.
            let listed = try await shell.succeed(
                try section.take("arc events list --type"),
                replacing: [("--type …", "--type TENANT_PROVISIONING"), ("--tenant …", "--tenant \(tenant)")],
                adding: "\(service) --json", environment: variables)
            let event = try #require(try JSONValue.parse(Array(listed.utf8))[0]?["id"]?.stringValue)
            #expect(
                try await shell.succeed(
                    try section.take("arc events show"), replacing: [("<event>", event)], adding: service,
                    environment: variables
                ).contains("[hidden]"))
            let subscription = try stack.database(.subscription)
            try await subscription.query("DELETE FROM main.known_tenants WHERE tenant_id = '\(tenant)'")
            try await shell.succeed(
                try section.take("arc events replay"),
                replacing: [("<event>", event), ("<group>", "subscription"), ("\"…\"", "'the handler was wrong'")],
                adding: service, environment: variables)
            try await stack.awaitAnnouncement(ofTenant: tenant)

            try await insertDeadLetter(into: database)
            #expect(
                try await shell.succeed(
                    try section.take("arc events dead"), adding: service, environment: variables
                ).contains(deadLetter))
            try await shell.succeed(
                try section.take("arc events retry --all"), adding: service, environment: variables)
            try await awaitPublication(of: deadLetter, in: database)

            try await subscription.query("DELETE FROM main.known_tenants WHERE tenant_id = '\(tenant)'")
            try await shell.succeed(try section.take("arc events announce-tenants"), environment: variables)
            try await stack.awaitAnnouncement(ofTenant: tenant)
        }
    }

    static func announceTenant(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            try await eventually("the subscription service knows all tenants") {
                try await stack.database(.subscription).count(
                    "SELECT count(*) FROM main.tenant_list WHERE is_complete") == 1
            }
            let database = try stack.database(.tenantManagement)
            let tenant = try #require(
                try await database.texts(
                    """
                    INSERT INTO main.tenants (id, name, key, domains, status)
                    VALUES (gen_random_uuid(), 'Imported', 'imported', '{}', 0) RETURNING id::text
                    """
                ).first)
            let request: JSONValue = [
                "subscriberId": .string(tenant), "planId": .string(try await stack.plan(tier: "STANDARD")), "status": 0,
            ]
            let refused = try await stack.subscription.post("/subscriptions", request, token: stack.admin)
            #expect(refused.status == 409 && refused.errorCode == "TENANT_UNKNOWN")
            try await shell.succeed(
                try section.take("arc events announce-tenants"), environment: OperationsShell.variables(of: database))
            try await stack.awaitAnnouncement(ofTenant: tenant)
            try await stack.subscription.post("/subscriptions", request, token: stack.admin).expect(201)
        }
    }
}
