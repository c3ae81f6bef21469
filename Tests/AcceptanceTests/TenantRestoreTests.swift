import Foundation
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import TestSupport
import Testing

/// A single tenant, from its archive into an installation that goes on with others.
@Suite(.timeLimit(.minutes(20))) struct TenantRestoreTests {
    private static func restore(
        _ file: URL, _ service: String, _ database: TestDatabase, _ more: [String] = []
    ) async throws -> TestCommand.Outcome {
        let configuration = database.configuration()
        return try await ArcCommand.run(
            ["tenants", "import", file.path, "--service", service] + more,
            environment: [
                "DB_HOST": configuration.host, "DB_PORT": configuration.port, "DB_USER": configuration.user,
                "DB_DATABASE": database.name, "DB_SSLMODE": "disable",
            ])
    }

    /// All rows of the tables that a restore may write, but those of one tenant.
    private static func others(_ tenant: String, _ stack: TestStack) async throws -> [String] {
        var rows: [String] = []
        for (template, tables) in [
            (
                DatabaseTemplate.tenantManagement,
                ["tenants", "contacts", "addresses", "resources", "tenant_mgmt_configs"]
            ),
            (.subscription, ["subscriptions", "invoice", "invoice_lines", "plans", "currencies", "billing_customer"]),
        ] {
            for table in tables {
                rows += try await stack.database(template).texts(
                    "SELECT row_to_json(t)::text FROM main.\(table) AS t WHERE strpos(t::text, $1) = 0 ORDER BY id",
                    [.text(tenant)])
            }
        }
        return rows
    }

    private static func contacts(_ tenant: String, _ stack: TestStack) async throws -> [String] {
        try await stack.database(.tenantManagement).texts(
            "SELECT first_name FROM main.contacts WHERE tenant_id = $1::uuid ORDER BY first_name", [.text(tenant)])
    }

    @Test func `an off-boarded tenant gets back what is missing, and nothing else changes`() async throws {
        try await TestStack.run(
            [.tenantManagement, .subscription], environment: ["EXPORT_APPLICATION_DATA": "false"]
        ) { stack in
            let hook = try await TestWebhook.begin(stack)
            try await hook.send().expect(204)
            let tenant = hook.tenant
            let other = try await stack.createTenantID()
            for name in ["Ann", "Bea", "Cy"] {
                try await stack.tenantManagement.post(
                    "/contacts",
                    [
                        "firstName": .string(name), "lastName": "Lee",
                        "email": .string("\(name.lowercased())@example.com"),
                        "isPrimary": false, "tenantId": .string(tenant),
                    ], token: stack.admin
                ).expect(201)
            }
            let plan = try await stack.plan(tier: "STANDARD")
            for subscriber in [tenant, other] {
                try await stack.subscription.post(
                    "/subscriptions",
                    ["subscriberId": .string(subscriber), "planId": .string(plan), "status": 0], token: stack.admin
                ).expect(201)
            }
            try await stack.subscription.send(
                "POST", "/billing-customer", ["firstName": "Ann", "email": "ann@example.com"], token: stack.admin,
                headers: ["tenantId": tenant]
            ).expect(201)
            let id = try await stack.tenantManagement.post("/tenants/\(tenant)/exports", token: stack.admin).expect(202)
                .string("id")
            let file = TestCommand.temporaryFile("archive.tar")
            try Data(try await stack.archive(ofExport: id)).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            let management = try stack.database(.tenantManagement)
            let subscription = try stack.database(.subscription)

            let early = try await Self.restore(file, "tenant-management", management)
            #expect(early.status != 0 && early.errors.contains("was not off-boarded"), "\(early)")

            try await stack.tenantManagement.post(
                "/tenants/\(tenant)/deprovision", ["reason": "Over", "graceDays": 0], token: stack.admin
            ).expect(202)
            try await TestRemoval.report(try await TestRemoval.begun(tenant, stack)).expect(204)
            #expect(try await stack.status(ofTenant: tenant) == 5)
            // Lost, and changed since the archive was made.
            let all = try await Self.contacts(tenant, stack)
            try await management.query(
                "DELETE FROM main.contacts WHERE first_name IN ('Ann', 'Bea') AND tenant_id = '\(tenant)'")
            try await management.query("UPDATE main.contacts SET last_name = 'Newer' WHERE first_name = 'Cy'")
            // First what the built-in provider knows of it.
            for table in ["ledger_customers", "billing_customer"] {
                try await subscription.query("DELETE FROM main.\(table) WHERE tenant_id::text = '\(tenant)'")
            }
            let before = try await Self.others(tenant, stack)

            // A row of the archive that is another tenant's by now: everything or nothing.
            try await management.query("UPDATE main.contacts SET tenant_id = '\(other)' WHERE first_name = 'Cy'")
            let foreign = try await Self.restore(file, "tenant-management", management)
            #expect(foreign.status != 0 && foreign.errors.contains("belongs to another tenant"), "\(foreign)")
            #expect(try await !Self.contacts(tenant, stack).contains("Ann"))
            try await management.query("UPDATE main.contacts SET tenant_id = '\(tenant)' WHERE first_name = 'Cy'")

            for (service, database) in [("subscription", subscription), ("tenant-management", management)] {
                let outcome = try await Self.restore(file, service, database)
                #expect(outcome.status == 0, "\(outcome)")
                let again = try await Self.restore(file, service, database)
                #expect(again.status == 0 && again.output.contains("0 rows were stored"), "\(again)")
            }
            #expect(try await Self.contacts(tenant, stack) == all)
            #expect(try await management.count("SELECT count(*) FROM main.contacts WHERE last_name = 'Newer'") == 1)
            #expect(
                try await subscription.count(
                    "SELECT count(*) FROM main.billing_customer WHERE tenant_id::text = '\(tenant)'") == 1)
            #expect(try await Self.others(tenant, stack) == before)
            #expect(try await stack.status(ofTenant: tenant) == 5)
            #expect(
                try await stack.tenantManagement.get("/contacts", token: stack.admin).expect(200).text.contains("Bea"))

            let renamed = try await Self.restore(file, "tenant-management", management, ["--key", "another"])
            #expect(renamed.status != 0 && renamed.errors.contains("cannot be changed"), "\(renamed)")
            try await stack.tenantManagement.post("/tenants/\(tenant)/erase", token: stack.admin)
                .expect(200)
            let erased = try await Self.restore(file, "tenant-management", management)
            #expect(erased.status != 0 && erased.errors.contains("was erased"), "\(erased)")

            // Another installation, in which somebody else has the key.
            try await TestDatabase.with(.tenantManagement) { fresh in
                let key = try #require(
                    try await management.texts("SELECT key FROM main.tenants WHERE id = $1::uuid", [.text(tenant)])
                        .first)
                try await fresh.query(
                    "INSERT INTO main.tenants (id, name, status, key) VALUES (gen_random_uuid(), 'Other', 0, '\(key)')")
                let taken = try await Self.restore(file, "tenant-management", fresh)
                #expect(taken.status != 0 && taken.errors.contains("--key"), "\(taken)")
                #expect(try await fresh.count("SELECT count(*) FROM main.contacts") == 0)
                let wrong = try await Self.restore(file, "tenant-management", fresh, ["--key", "Not A Key"])
                #expect(wrong.status != 0 && wrong.errors.contains("--key"), "\(wrong)")
                let moved = try await Self.restore(file, "tenant-management", fresh, ["--key", "another"])
                #expect(moved.status == 0, "\(moved)")
                #expect(
                    try await fresh.texts("SELECT key FROM main.tenants WHERE id = $1::uuid", [.text(tenant)])
                        == ["another"])
            }
        }
    }
}
