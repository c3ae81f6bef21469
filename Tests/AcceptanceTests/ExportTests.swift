import Crypto
import Foundation
import JSONCoding
import Migrations
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Subscription
import TenantManagement
import TestSupport
import Testing

/// Archives of tenants: made, downloaded, and imported into another installation.
@Suite struct ExportTests {
    private static var migration: Int { TenantManagementMigrations.all.map(\.number).max() ?? 0 }

    /// A tenant with a contact, an invoice, a setting, a billing customer and a subscription.
    private static func tenant(_ stack: TestStack) async throws -> String {
        let tenant = try await stack.createTenantID()
        try await stack.tenantManagement.post(
            "/invoices",
            [
                "startDate": "2026-01-01", "endDate": "2026-01-31", "dueDate": "2026-02-15", "amount": 100.5,
                "currencyCode": "USD", "status": 0, "tenantId": .string(tenant),
            ], token: stack.admin
        ).expect(201)
        try await stack.tenantManagement.post(
            "/tenant-configs",
            ["configKey": "notes", "configValue": ["of": "line\nand\ttab"], "tenantId": .string(tenant)],
            token: stack.admin
        ).expect(201)
        try await stack.subscription.send(
            "POST", "/billing-customer", ["firstName": "Ann", "email": "ann@example.com"], token: stack.admin,
            headers: ["tenantId": tenant]
        ).expect(201)
        try await stack.subscription.post(
            "/subscriptions",
            [
                "subscriberId": .string(tenant), "planId": .string(try await stack.plan(tier: "STANDARD")),
                "status": 0,
            ], token: stack.admin
        ).expect(201)
        for (audience, isEnabled) in [("tenant", true), ("tenant", false), ("operator", true)] {
            try await stack.tenantManagement.post(
                "/webhook-endpoints",
                [
                    "url": "https://hooks.example.com/arc", "audience": .string(audience), "tenantId": .string(tenant),
                    "isEnabled": .bool(isEnabled), "eventTypes": ["SUBSCRIPTION_ACTIVATED"],
                ], token: stack.admin
            ).expect(201)
        }
        return tenant
    }

    /// A new export of a tenant, and its archive.
    private static func export(_ tenant: String, _ stack: TestStack) async throws -> (id: String, archive: [UInt8]) {
        let id = try await stack.tenantManagement.post("/tenants/\(tenant)/exports", token: stack.admin).expect(202)
            .string("id")
        return (id, try await stack.archive(ofExport: id))
    }

    /// Rows of a tenant as the database has them, by table.
    private static func rows(_ database: TestDatabase, _ tenant: String, _ tables: [String]) async throws -> [String] {
        var rows: [String] = []
        for table in tables {
            rows += try await database.texts(
                "SELECT row_to_json(t)::text FROM main.\(table) AS t WHERE strpos(t::text, $1) > 0 ORDER BY t.id",
                [.text(tenant)])
        }
        return rows
    }

    private static let management = ["tenants", "contacts", "invoices", "tenant_mgmt_configs"]
    private static let billing = ["billing_customer", "invoice", "subscriptions", "ledger_customers"]

    private static func environment(_ database: TestDatabase) -> [String: String] {
        let configuration = database.configuration()
        return [
            "DB_HOST": configuration.host, "DB_PORT": configuration.port, "DB_USER": configuration.user,
            "DB_DATABASE": database.name, "DB_SSLMODE": "disable",
        ]
    }

    @Test func `an archive has everything and can be imported into an empty installation`() async throws {
        try await TestStack.run(
            [.tenantManagement, .subscription], environment: ["PROVISION_ON_CREATE": "false"]
        ) { stack in
            let tenant = try await Self.tenant(stack)
            let other = try await Self.tenant(stack)
            let (id, download) = try await Self.export(tenant, stack)
            let path = "/tenant-exports/\(id)/archive"
            let export = try await stack.tenantManagement.get("/tenant-exports/\(id)", token: stack.admin).json
            #expect(export["size"]?.intValue == download.count)
            #expect(export["sha256"]?.stringValue == Hex.encode(Array(SHA256.hash(data: Data(download)))))
            // The same bytes in ranges.
            var parts: [UInt8] = []
            while parts.count < download.count {
                let part = try await stack.tenantManagement.send(
                    "GET", path, nil, token: stack.admin,
                    headers: ["range": "bytes=\(parts.count)-\(parts.count + 4095)"]
                ).expect(206)
                let last = parts.count + part.bytes.count - 1
                #expect(part.headers["content-range"] == "bytes \(parts.count)-\(last)/\(download.count)")
                parts += part.bytes
            }
            #expect(parts == download)
            let beyond = try await stack.tenantManagement.send(
                "GET", path, nil, token: stack.admin, headers: ["range": "bytes=\(parts.count)-"])
            #expect(beyond.status == 416)

            let archive = try TenantArchive(download, migration: Self.migration)
            #expect(archive.manifest.tenant.description == tenant)
            let names = Set(archive.manifest.files.map(\.name))
            #expect(
                names.isSuperset(of: [
                    "tenant-management/tenants.jsonl", "tenant-management/contacts.jsonl",
                    "tenant-management/invoices.jsonl", "subscription/plans.jsonl", "subscription/subscriptions.jsonl",
                    "subscription/invoice_lines.jsonl", "subscription/ledger_customers.jsonl",
                    "tenant-management/webhook_endpoints.jsonl",
                ]))
            #expect(names.contains { $0.hasPrefix("invoices/") && $0.hasSuffix(".pdf") })
            #expect(archive.manifest.leftOut.contains { $0.what == "application data" })
            #expect(!download.contains(text: other))
            #expect(!download.contains(text: "whsec_"))
            try await Self.importAndCompare(download, tenant, stack)
        }
    }

    private static func importAndCompare(_ bytes: [UInt8], _ tenant: String, _ stack: TestStack) async throws {
        let file = TestCommand.temporaryFile("archive.tar")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try await TestDatabase.with(.tenantManagement) { management in
            try await TestDatabase.with(.subscription) { subscription in
                for (service, database) in [("subscription", subscription), ("tenant-management", management)] {
                    let outcome = try await ArcCommand.run(
                        ["tenants", "import", file.path, "--service", service],
                        environment: Self.environment(database))
                    #expect(outcome.status == 0, "\(outcome)")
                }
                #expect(
                    try await Self.rows(management, tenant, Self.management)
                        == Self.rows(try stack.database(.tenantManagement), tenant, Self.management))
                #expect(
                    try await Self.rows(subscription, tenant, Self.billing)
                        == Self.rows(try stack.database(.subscription), tenant, Self.billing))
                #expect(
                    try await management.texts(
                        "SELECT type FROM main.outbox WHERE tenant_id = $1::uuid", [.text(tenant)])
                        == ["TENANT_ACCESS_CHANGED"])
                // The currency that is there under another id is the plan's.
                #expect(
                    try await subscription.count(
                        """
                        SELECT count(*) FROM main.subscriptions AS own JOIN main.plans AS plan ON plan.id = own.plan_id
                            JOIN main.currencies AS currency ON currency.id = plan.currency_id
                        WHERE currency_code = 'USD'
                        """) == 1)
                #expect(try await subscription.count("SELECT count(*) FROM main.currencies") == 5)
                // Webhook endpoints of the tenant itself are there, and wait for new secrets.
                #expect(
                    try await management.texts(
                        "SELECT url || is_enabled || audience FROM main.webhook_endpoints ORDER BY id")
                        == Array(repeating: "https://hooks.example.com/arcfalsetenant", count: 2))
                #expect(try await management.count("SELECT count(*) FROM main.webhook_secrets") == 0)
                // Once more, it is refused and changes nothing.
                let again = try await ArcCommand.run(
                    ["tenants", "import", file.path, "--service", "tenant-management"],
                    environment: Self.environment(management))
                #expect(again.status != 0)
                #expect(try await management.count("SELECT count(*) FROM main.tenants") == 1)
            }
        }
    }

    @Test func `a changed archive is refused as a whole`() async throws {
        try await TestStack.run(
            [.tenantManagement, .subscription], environment: ["PROVISION_ON_CREATE": "false"]
        ) { stack in
            let tenant = try await Self.tenant(stack)
            let bytes = try await Self.export(tenant, stack).archive
            // A digit of the amount.
            let place = try #require(bytes.firstRange(of: Array("100.5".utf8)))
            var changed = bytes
            changed[place.lowerBound] = UInt8(ascii: "9")
            #expect(throws: TenantArchive.Problem.checksum("tenant-management/invoices.jsonl")) {
                try TenantArchive(changed, migration: Self.migration)
            }
            #expect(throws: TenantArchive.Problem.self) {
                try TenantArchive(Array(bytes.dropLast(2048)), migration: Self.migration)
            }
            #expect(throws: TenantArchive.Problem.newer(migration: Self.migration)) {
                try TenantArchive(bytes, migration: Self.migration - 1)
            }
        }
    }

    @Test func `an off-boarding with an export removes nothing before the archive is there`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            try await hook.send().expect(204)
            // The subscription service is away.
            let request = try await stack.tenantManagement.post(
                "/tenants/\(hook.tenant)/deprovision", ["reason": "Over", "graceDays": 0, "export": true],
                token: stack.admin
            ).expect(202)
            let export = try request.string("exportId")
            let database = try stack.database(.tenantManagement)
            try await eventually("a worker has looked at it") {
                try await database.count("SELECT count(*) FROM main.offboardings WHERE due_at > now()") == 1
            }
            #expect(try await stack.status(ofTenant: hook.tenant) == 0)
            // The rows are there, the application data is not.
            try await stack.storeExportRows()
            let data = try await TestDataExport.begun(hook.tenant, stack)
            #expect(data.export == export)
            try await data.part(0, "rows").expect(204)
            try await database.query("UPDATE main.offboardings SET due_at = now()")
            try await eventually("a worker has looked at it again") {
                try await database.count("SELECT count(*) FROM main.offboardings WHERE due_at > now()") == 1
            }
            #expect(try await stack.status(ofTenant: hook.tenant) == 0)
            try await data.end(parts: 1, of: "rows").expect(204)
            _ = try await TestRemoval.begun(hook.tenant, stack)
            let made = try await stack.tenantManagement.get("/tenant-exports/\(export)", token: stack.admin)
            #expect(made.json["state"] == "DONE")
        }
    }

    @Test func `at the end of a grace period, the archive that counts is made`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["EXPORT_APPLICATION_DATA": "false"]) { stack in
            let hook = try await TestWebhook.begin(stack)
            try await hook.send().expect(204)
            let path = "/tenants/\(hook.tenant)/deprovision"
            let first = try await stack.tenantManagement.post(
                path, ["reason": "Over", "graceDays": 3, "export": true], token: stack.admin
            ).expect(202).string("exportId")
            let database = try stack.database(.tenantManagement)
            // It was made and deleted since, and the grace period is over.
            for statement in [
                "UPDATE main.tenant_exports SET state = 'EXPIRED', due_at = NULL, claim = NULL",
                "UPDATE main.offboardings SET due_at = now()",
            ] { try await database.query(statement) }
            let second = try await eventually("another export is requested") {
                let id = try await stack.tenantManagement.get(path, token: stack.admin).expect(200).string("exportId")
                return id == first ? nil : id
            }
            #expect(try await stack.status(ofTenant: hook.tenant) == 0)
            try await stack.storeExportRows()
            try await database.query("UPDATE main.tenant_exports SET due_at = now() WHERE state = 'REQUESTED'")
            _ = try await TestRemoval.begun(hook.tenant, stack)
            let made = try await stack.tenantManagement.get("/tenant-exports/\(second)", token: stack.admin)
            #expect(made.json["state"] == "DONE")
        }
    }

    @Test func `an export whose rows do not come fails and says so`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let tenant = try await stack.createTenantID()
            let path = "/tenants/\(tenant)/exports"
            let id = try await stack.tenantManagement.post(path, token: stack.admin).expect(202).string("id")
            let again = try await stack.tenantManagement.post(path, token: stack.admin).expect(202)
            #expect(try again.string("id") == id, "one at a time")
            let database = try stack.database(.tenantManagement)
            try await database.query("UPDATE main.tenant_exports SET due_at = now()")
            try await eventually("it has failed") {
                try await stack.tenantManagement.get("/tenant-exports/\(id)", token: stack.admin).json["state"]
                    == "FAILED"
            }
            let archive = try await stack.tenantManagement.get("/tenant-exports/\(id)/archive", token: stack.admin)
            #expect(archive.status == 409 && archive.errorCode == "EXPORT_NOT_AVAILABLE")
            let list = try await stack.tenantManagement.get(path, token: stack.admin).expect(200)
            #expect(list.json[0]?["lastError"]?.stringValue?.contains("in time") == true)
        }
    }
}
