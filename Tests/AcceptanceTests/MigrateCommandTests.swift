import Foundation
import JSONCoding
import Migrations
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import TestSupport
import Testing

/// `arc migrate`, as a person runs it on a database of the original.
@Suite struct MigrateCommandTests {
    private func migrate(_ original: OriginalDatabase, _ arguments: String...) async throws -> TestCommand.Outcome {
        let server = original.database.server
        return try await ArcCommand.run(
            ["migrate"] + arguments + ["--service", original.database.template.migratedService],
            environment: [
                "DB_HOST": server.host, "DB_PORT": server.port, "DB_SSLMODE": "disable",
                "DB_DATABASE": original.database.name, "DB_MIGRATION_USER": OriginalDatabase.owner,
            ])
    }

    @Test func `the database can be named in a file of the current folder`() async throws {
        try await TestDatabase.with(.orchestrator) { database in
            let folder = TestCommand.temporaryFile("migrate")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let settings = [
                "DB_HOST=\(database.server.host)", "DB_PORT=\(database.server.port)", "DB_DATABASE=\(database.name)",
                "DB_USER=\(database.server.user)", "DB_SSLMODE=disable",
            ]
            try Data(settings.joined(separator: "\n").utf8).write(to: folder.appendingPathComponent(".env.docker"))
            func arc(_ arguments: String...) async throws -> TestCommand.Outcome {
                try await TestCommand.outcome(
                    of: [try ArcCommand.executable()] + arguments,
                    environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""], in: folder)
            }
            let status = try await arc("migrate", "status", "--service", "orchestrator")
            #expect(status.status == 0 && status.output.contains("orchestrator:"), "\(status.output)\(status.errors)")
            // Without --service it is unknown which one it is.
            let unnamed = try await arc("migrate", "status")
            #expect(unnamed.status == 1 && unnamed.errors.contains("DB_DATABASE counts only with --service"))
            let export = try await arc("audit", "export", "--tenant", "operator")
            #expect(export.status == 64 && export.errors.contains("Specify --service"), "\(export.errors)")
        }
    }

    @Test func `a database is checked, refused, repaired, migrated and reverted`() async throws {
        try await OriginalDatabase.with(.tenantManagement, broken: true) { original in
            let check = try await migrate(original, "check", "--json")
            #expect(check.status == 1 && check.errors.isEmpty)
            let document = try JSONValue.parse(Array(check.output.utf8))
            let database = try #require(document["databases"]?.arrayValue?.first)
            #expect(document["blocked"] == true && database["database"] == "tenant-management")
            #expect(database["adopts"] == true && database["pending"]?.arrayValue?.first?["name"] == "init")
            let findings = database["findings"]?.arrayValue ?? []
            let emails = try #require(findings.first { $0["rule"] == "idx_lead_validated_email" })
            #expect(emails["count"] == 32 && emails["rows"]?.arrayValue?.count == 20 && emails["effect"] == "stops")

            let refused = try await migrate(original, "up")
            #expect(refused.status == 1 && refused.output.isEmpty)
            for text in [
                "STOP  idx_tenant_lead: 5 rows.", "\"key\":\"twin1\"", "The repair keeps the lead at its oldest tenant",
                "UPDATE main.tenants AS t SET lead_id = NULL", "… and 12 more", "nothing was changed",
                "warn  tenants_key_form:",
            ] { #expect(refused.errors.contains(text), "\(text)") }
            #expect(!refused.errors.contains("display_name"), "no settings of tenants")

            for finding in findings where finding["effect"] == "stops" {
                let repair = try #require(finding["repair"]?.stringValue)
                try await original.database.query(repair)
            }
            let ready = try await migrate(original, "check")
            #expect(ready.status == 0 && ready.output.contains("1 init is adopted as it is, then 2 row_versions"))
            #expect(try await migrate(original, "up", "--dry-run").output.contains("would apply 1 init"))
            let up = try await migrate(original, "up")
            #expect(up.status == 0 && up.output.contains("applied 1 init, 2 row_versions"))
            #expect(try await migrate(original, "up").output == "tenant-management: nothing to do\n")
            #expect(try await migrate(original, "check").output == "tenant-management: nothing to do\n")
            let status = try await migrate(original, "status").output.split(separator: "\n")
            #expect(status.count == original.database.template.migrations.count + 1)
            #expect(status[1].hasPrefix("  1  init  applied 2"))
            #expect(status[1].hasSuffix("(tables of the original, adopted)"))
            let down = try await migrate(original, "down", "--steps", "\(status.count - 1)")
            #expect(down.status == 0 && down.output.contains("reverted"))
            #expect(try await original.database.count("SELECT count(*) FROM main.tenants") > 30)
        }
    }

    /// Some obstacles there cannot be repaired by a statement.
    @Test func `the database of the subscription service is migrated too`() async throws {
        try await OriginalDatabase.with(.subscription, broken: true) { original in
            let plans = "SELECT count(*) FROM main.plans"
            let before = try await original.database.count(plans)
            let check = try await migrate(original, "check", "--json")
            #expect(check.status == 1 && check.errors.isEmpty)
            let document = try JSONValue.parse(Array(check.output.utf8))
            let database = try #require(document["databases"]?.arrayValue?.first)
            #expect(document["blocked"] == true && database["database"] == "subscription")
            #expect(database["adopts"] == true && database["pending"]?.arrayValue?.first?["name"] == "init")
            let stopping = (database["findings"]?.arrayValue ?? []).filter { $0["effect"] == "stops" }
            let counts = stopping.reduce(into: [String: Int]()) { counts, finding in
                counts[finding["rule"]?.stringValue ?? "?"] = finding["count"]?.intValue
            }
            #expect(
                counts == [
                    "idx_billing_customer_tenant": 5, "idx_features_key": 33, "indexed_texts_fit": 1,
                    "views_on_plan_price": 1,
                ])

            let refused = try await migrate(original, "up")
            #expect(refused.status == 1 && refused.output.isEmpty)
            for text in [
                "STOP  idx_billing_customer_tenant: 5 rows.", "nothing was changed", "warn  plans_price_range:",
            ] { #expect(refused.errors.contains(text), "\(text)") }

            for finding in stopping {
                let rule = finding["rule"]?.stringValue ?? "?"
                let repair = finding["repair"]?.stringValue ?? AdoptionRepairTests.byHand[rule]
                try await original.database.query(try #require(repair, "\(rule)"))
            }
            let migrations = original.database.template.migrations
            let all = migrations.map { "\($0.number) \($0.name)" }.joined(separator: ", ")
            #expect(try await migrate(original, "check").status == 0)
            #expect(try await migrate(original, "up", "--dry-run").output.contains("would apply \(all)"))
            let up = try await migrate(original, "up")
            #expect(up.status == 0 && up.output.contains("applied \(all)"))
            let waiting = migrations.filter(\.isWithoutTransaction)
            #expect(!waiting.isEmpty)
            for migration in waiting {
                let name = "subscription: \(migration.number) \(migration.name)"
                #expect(up.errors.contains("\(name) will wait until all older transactions"), "\(up.errors)")
            }
            let again = try await migrate(original, "up")
            #expect(again.output == "subscription: nothing to do\n" && again.errors.isEmpty)
            let status = try await migrate(original, "status").output.split(separator: "\n")
            #expect(status.count == migrations.count + 1)
            #expect(status[1].hasPrefix("  1  init  applied 2"))
            #expect(status[1].hasSuffix("(tables of the original, adopted)"))
            let down = try await migrate(original, "down", "--steps", "\(migrations.count)")
            #expect(down.status == 0 && down.output.contains("reverted"))
            #expect(try await original.database.count(plans) == before)
        }
    }
}

extension DatabaseTemplate {
    /// What `arc migrate --service` calls it.
    fileprivate var migratedService: String { self == .subscription ? "subscription" : "tenant-management" }
}
