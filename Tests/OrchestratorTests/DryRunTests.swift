import Configuration
import ConfigurationChecks
import Foundation
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

@testable import Orchestrator

@Suite struct DryRunTests {
    private func environment(_ world: TestWorld, tiers: URL? = nil) throws -> [String: String] {
        let server = try PostgresTestServer.current()
        var environment = [
            "DATA_ENCRYPTION_KEY": TestWorld.encryptionKey, "DB_HOST": server.host, "DB_PORT": server.port,
            "DB_USER": "orchestrator_app", "DB_DATABASE": world.database, "PROVISIONER_DB_HOST": server.host,
            "PROVISIONER_DB_PORT": server.port, "PROVISIONER_DB_USER": world.provisioner,
            "PROVISIONER_DB_DATABASE": world.applicationDatabase,
        ]
        environment["TIERS_FILE"] = tiers?.path
        return environment
    }

    private func report(
        _ world: TestWorld, tier: String, key: String, size: String? = nil, tenant: Identifier = .v4(),
        tiers: URL? = nil
    ) async throws -> ProvisioningDryRun.Report {
        let reader = try EnvironmentReader.make(
            folder: "/nowhere", environment: try environment(world, tiers: tiers))
        let dryRun = try ProvisioningDryRun(reader: reader, logger: testLogger)
        return try await withCleanup {
            await dryRun.report(.init(tier: tier, size: size, region: nil, key: key, tenant: tenant))
        } cleanup: {
            await dryRun.shutdown()
        }
    }

    @Test func `a dry run says what would be created, and creates nothing`() async throws {
        try await TestWorld.with { world in
            let key = world.newKey()
            let pooled = try await report(world, tier: "basic", key: key)
            #expect(pooled.provisioner == "postgres-schema" && pooled.problem == nil)
            #expect(pooled.steps.map(\.step) == ["place", "survey", "create-schema", "confirm-place"])
            #expect(pooled.steps[0].text.contains("reserve a place on data server default"))
            #expect(pooled.steps[2].text.contains("create schema tenant_\(key)") && pooled.steps[2].isChange)
            let silo = try await report(world, tier: "PREMIUM", key: key)
            #expect(silo.steps.map(\.step).contains("create-database"))
            #expect(
                try await world.admin.count("SELECT count(*) FROM pg_roles WHERE rolname = 'tenant_\(key)'") == 0)
            for table in ["tenant_placements", "data_servers", "tenant_credentials"] {
                #expect(try await world.admin.count("SELECT count(*) FROM main.\(table)") == 0)
            }
        }
    }

    @Test func `a dry run says what is there already`() async throws {
        try await TestWorld.with { world in
            let test = TestEvent(key: world.newKey())
            _ = try await provision(PostgresSchemaProvisioner(tenancy: try world.tenancy()), test)
            let again = try await report(world, tier: "BASIC", key: test.key, tenant: test.tenant)
            #expect(again.steps.allSatisfy { !$0.isChange }, "\(again.steps)")
            #expect(again.steps[0].text.contains("keep the place"))
        }
    }

    @Test func `commands and pipelines are named without their secrets`() async throws {
        try await TestWorld.with { world in
            let file = TestCommand.temporaryFile("tiers.json")
            let text = #"""
                {"A": {"provisioner": "exec", "command": ["/bin/true", "--quiet"], "environment": {"TOKEN": "hush"},
                 "sizes": {"XL": {"provisioner": "http", "url": "https://ci.example.com/start?key=hush"}}}}
                """#
            try Data(text.utf8).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            let command = try await report(world, tier: "A", key: "acme", tiers: file)
            #expect(command.steps.first?.text.contains("run /bin/true --quiet for at most 900 s") == true)
            #expect(command.steps.first?.text.contains("TOKEN") == true)
            let pipeline = try await report(world, tier: "A", key: "acme", size: "XL", tiers: file)
            #expect(pipeline.steps.first?.text.contains("ci.example.com/start") == true)
            #expect(!"\(command)\(pipeline)".contains("hush"))
        }
    }

    @Test func `what could not be provisioned is a problem`() async throws {
        try await TestWorld.with { world in
            let unknownTier = try await report(world, tier: "NONE", key: "acme").problem
            #expect(unknownTier?.contains("BASIC, PREMIUM") == true)
            let badKey = try await report(world, tier: "BASIC", key: "Not A Key").problem
            #expect(badKey?.contains("key") == true)
        }
    }

    @Test func `arc tenants shows both commands' results`() async throws {
        try await TestWorld.with { world in
            let key = world.newKey()
            let environment = try environment(world)
            let dryRun = try await ArcCommand.run(
                ["tenants", "provision", "--dry-run", "--tier", "BASIC", "--key", key], environment: environment)
            #expect(dryRun.status == 0, "\(dryRun.errors)")
            #expect(dryRun.output.contains("+ create-schema: create role tenant_\(key)"))
            #expect(dryRun.output.contains("Nothing was changed."))
            let refused = try await ArcCommand.run(
                ["tenants", "provision", "--dry-run", "--tier", "NONE", "--key", key, "--json"],
                environment: environment)
            #expect(refused.status == 1 && refused.output.contains("no provisioner is configured"))
            let without = try await ArcCommand.run(
                ["tenants", "provision", "--tier", "BASIC", "--key", key], environment: environment)
            #expect(without.status != 0 && without.errors.contains("--dry-run is required"))

            // The server is shared with other tests, whose tenants are orphans for this installation.
            let test = TestEvent(key: key)
            _ = try await provision(PostgresSchemaProvisioner(tenancy: try world.tenancy()), test)
            try await world.admin.execute("ALTER ROLE tenant_\(key) NOLOGIN")
            let found = try await ArcCommand.run(["tenants", "verify", "--json"], environment: environment)
            #expect(found.status == 1)
            let line = found.output.split(separator: "\n").first { $0.contains("tenant_\(key)") }
            #expect(line?.contains(#""kind":"missing-login""#) == true, "\(found.output)\(found.errors)")
            let repaired = try await ArcCommand.run(["tenants", "verify", "--repair"], environment: environment)
            #expect(repaired.output.contains("missing-login: the role cannot log in: done"), "\(repaired.output)")
        }
    }
}
