import JSONCoding
import PostgresTestSupport
import StackTestSupport
import TestSupport
import Testing

/// `arc seed`, as a person runs it, and services on what it has stored.
@Suite(.timeLimit(.minutes(20))) struct SeedCommandTests {
    private static func seed(
        _ database: TestDatabase, service: String, _ arguments: [String]
    ) async throws -> TestCommand.Outcome {
        try await ArcCommand.run(
            ["seed", "--service", service, "--seed", "5", "--as-of", "2026-11-29"] + arguments,
            environment: [
                "DB_HOST": database.server.host, "DB_PORT": database.server.port, "DB_SSLMODE": "disable",
                "DB_DATABASE": database.name, "DB_USER": database.server.user,
            ])
    }

    @Test func `services answer lists, counts and included rows from a thousand sample tenants`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            for kind in [StackData.ServiceKind.tenantManagement, .subscription] {
                let outcome = try await Self.seed(
                    try stack.database(kind.database), service: kind.rawValue, ["--tenants", "1000"])
                #expect(outcome.status == 0, "\(outcome.errors)")
                let stored = kind == .subscription ? "3000 subscriptions" : "1000 tenants"
                #expect(outcome.output.contains(stored), "\(outcome.output)")
            }
            try await Self.expectLists(stack)
            try await Self.expectSound(stack)
            let more = ["--tenants", "10"]
            let management = try stack.database(.tenantManagement)
            let refused = try await Self.seed(management, service: "tenant-management", more)
            #expect(refused.status == 1 && refused.errors.contains("there are rows in addresses, leads, tenants"))
            // The same keys again.
            let doubled = try await Self.seed(management, service: "tenant-management", more + ["--append"])
            #expect(doubled.status == 1 && doubled.errors.contains("Nothing was stored"), "\(doubled.errors)")
            #expect(try await management.count("SELECT count(*) FROM main.tenants") == 1000)
            let added = try await Self.seed(
                management, service: "tenant-management", more + ["--append", "--start", "1001"])
            #expect(added.status == 0, "\(added.errors)")
            #expect(try await management.count("SELECT count(*) FROM main.tenants") == 1010)
        }
    }

    private static func expectLists(_ stack: TestStack) async throws {
        let (management, subscription) = (stack.tenantManagement, stack.subscription)
        let count = try await management.get("/tenants/count", token: stack.admin).expect(200)
        #expect(count.json["count"] == 1000)
        #expect(
            try await subscription.get("/subscriptions/count", token: stack.admin).expect(200).json["count"] == 3000)
        let filter: JSONValue = [
            "limit": 100, "include": ["contacts", "resources", "lead", "address"], "order": ["createdOn DESC"],
        ]
        let tenants = try await management.get("/tenants?\(filter.parameter())", token: stack.admin).expect(200)
        let rows = try #require(tenants.json.arrayValue)
        #expect(rows.count == 100)
        for row in rows {
            #expect(row["contacts"]?.arrayValue?.isEmpty == false && row["address"] != nil)
            #expect(row["leadId"]?.stringValue == row["lead"]?["id"]?.stringValue)
        }
        let owned: JSONValue = ["limit": 50, "include": ["plan", "invoice"]]
        let subscriptions = try await subscription.get("/subscriptions?\(owned.parameter())", token: stack.admin)
            .expect(200)
        for row in try #require(subscriptions.json.arrayValue) {
            #expect(row["plan"]?["id"] == row["planId"] && row["invoice"]?["id"] == row["invoiceId"])
        }
        // A tenant among them can do what others can.
        let active: JSONValue = ["where": ["status": 0], "limit": 1]
        let listed = try await management.get("/tenants?\(active.parameter())", token: stack.admin).expect(200)
        let tenant = try #require(listed.json.arrayValue?.first?["id"]?.stringValue)
        let user = try await stack.tokens.userToken(tenant: tenant)
        #expect(try await subscription.get("/subscriptions", token: user).expect(200).json.arrayValue?.count == 3)
        let plan = try await stack.plan(tier: "STANDARD")
        try await subscription.post(
            "/subscriptions", ["subscriberId": .string(tenant), "planId": .string(plan), "status": 0],
            token: stack.admin
        ).expect(201)
    }

    /// Rules that the services keep for what they write.
    private static func expectSound(_ stack: TestStack) async throws {
        let management = try stack.database(.tenantManagement)
        for violation in [
            """
            SELECT count(*) FROM main.tenants t WHERE (SELECT count(*) FROM main.tenant_domains d WHERE
            d.tenant_id = t.id AND d.proven_on IS NOT NULL AND d.domain = ANY (t.domains)) <> 1
            """,
            """
            SELECT count(*) FROM main.tenants t WHERE (SELECT count(*) FROM main.contacts c WHERE
            c.tenant_id = t.id AND c.is_primary) <> 1
            """,
            """
            SELECT count(*) FROM main.tenants WHERE lead_id IS NOT NULL AND lead_id NOT IN (SELECT id
            FROM main.leads WHERE is_validated)
            """,
            """
            SELECT count(*) FROM main.tenants t WHERE status = 0 AND NOT EXISTS (SELECT FROM
            main.provisionings p WHERE p.tenant_id = t.id AND p.state = 'SUCCEEDED')
            """,
            "SELECT count(*) FROM main.invoices WHERE end_date < start_date OR scale(trim_scale(amount)) > 2",
            "SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D'",
            "SELECT count(*) FROM main.outbox WHERE tenant_id IN (SELECT id FROM main.tenants)",
        ] { #expect(try await management.count(violation) == 0, "\(violation)") }
        let subscription = try stack.database(.subscription)
        for violation in [
            """
            SELECT count(*) FROM main.subscriptions s LEFT JOIN main.invoice i ON i.id = s.invoice_id
            WHERE i.subscription_id IS DISTINCT FROM s.id OR i.tenant_id <> s.subscriber_id
            """,
            """
            SELECT count(*) FROM main.invoice i WHERE i.created_on < '2026-11-29' AND i.total IS DISTINCT
            FROM (SELECT sum(amount) FROM main.invoice_lines l WHERE l.invoice_id = i.id)
            """,
            """
            SELECT count(*) FROM main.subscriptions WHERE subscriber_id NOT IN (SELECT tenant_id FROM
            main.known_tenants)
            """,
            "SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D'",
        ] { #expect(try await subscription.count(violation) == 0, "\(violation)") }
    }

    @Test func `options that make no sense are refused`() async throws {
        for arguments in [
            ["--tenants", "0"], ["--tenants", "10000001"], ["--tenants", "1", "--subscriptions-per-tenant", "101"],
            ["--tenants", "1", "--as-of", "2026-02-30"], ["--tenants", "1", "--service", "orchestrator"],
            ["--tenants", "1", "--start", "0"],
        ] {
            let outcome = try await ArcCommand.run(["seed"] + arguments, environment: [:])
            #expect(outcome.status == 64, "\(arguments): \(outcome.status) \(outcome.errors)")
        }
    }
}
