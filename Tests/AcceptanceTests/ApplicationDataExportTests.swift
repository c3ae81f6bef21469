import Foundation
import JSONCoding
import Migrations
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import TenantManagement
import TestSupport
import Testing

/// What a tenant's application has stored, through an archive into an empty installation.
@Suite struct ApplicationDataExportTests {
    private static var migration: Int { TenantManagementMigrations.all.map(\.number).max() ?? 0 }

    /// A tenant with application data, on a database server that all installations of the tests share.
    private struct Application {
        let key: String
        /// Where its schema is.
        let database: PostgresConfiguration

        var name: String { "tenant_\(key)" }

        /// - Parameter shared: The shared database of an installation; for a silo, any database of the server.
        init(_ key: String, isSilo: Bool, shared: TestDatabase) {
            self.key = key
            var configuration = shared.configuration(user: "tenant_\(key)")
            if isSilo { configuration.database = "tenant_\(key)" }
            database = configuration
        }

        /// Does something as the tenant's application.
        func run<Value>(_ body: (PostgresPool) async throws -> Value) async throws -> Value {
            try await withPool(database, body)
        }

        /// More than one part, which no compression makes smaller.
        func fill() async throws {
            try await run { pool in
                for statement in [
                    """
                    CREATE TABLE \(name).orders (
                        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text, data bytea,
                        made timestamptz NOT NULL DEFAULT now(), details jsonb)
                    """,
                    "CREATE TABLE \(name).lines (id int PRIMARY KEY, order_id bigint NOT NULL REFERENCES \(name).orders)",
                    "CREATE INDEX orders_note ON \(name).orders (note)",
                    "CREATE VIEW \(name).totals AS SELECT count(*) AS orders FROM \(name).orders",
                    """
                    INSERT INTO \(name).orders (note, data, details)
                    SELECT 'note ' || n || E' \\t "' || chr(1047), decode((
                        SELECT string_agg(md5(random()::text || n || i), '') FROM generate_series(1, 64) AS i), 'hex'),
                        jsonb_build_object('n', n)
                    FROM generate_series(1, 700) AS n
                    """, "INSERT INTO \(name).lines SELECT id, id FROM \(name).orders",
                ] { _ = try await pool.query(PostgresStatement(statement, prepared: false)) }
            }
        }

        /// Every row, and the next number of the sequence.
        func rows() async throws -> [String] {
            try await run { pool in
                var rows: [String] = []
                for table in ["orders", "lines", "totals"] {
                    let result = try await pool.query(
                        PostgresStatement(
                            "SELECT row_to_json(t)::text FROM \(name).\(table) AS t ORDER BY 1", prepared: false))
                    rows += try result.rows.map { try $0.text(0) }
                }
                let sequence = try await pool.query(
                    PostgresStatement("SELECT last_value::text FROM \(name).orders_id_seq", prepared: false))
                return rows + (try sequence.rows.map { try $0.text(0) })
            }
        }
    }

    private static func activeTenant(_ stack: TestStack, key: String, tier: String) async throws -> String {
        var body = TestStack.tenantBody(key: key)
        body["tier"] = .string(tier)
        let tenant = try await stack.tenantManagement.post("/tenants", .object(body), token: stack.admin).expect(201)
            .string("id")
        try await eventually("the tenant is ACTIVE") { try await stack.status(ofTenant: tenant) == 0 }
        return tenant
    }

    private static func environment(_ database: TestDatabase, _ prefix: String = "DB", user: String? = nil)
        -> [String: String]
    {
        let configuration = database.configuration(user: user)
        return [
            "\(prefix)_HOST": configuration.host, "\(prefix)_PORT": configuration.port,
            "\(prefix)_USER": configuration.user, "\(prefix)_DATABASE": database.name, "\(prefix)_SSLMODE": "disable",
        ]
    }

    @Test(arguments: ["BASIC", "PREMIUM"])
    func `application data leaves with an off-boarding and is the same in an empty installation`(
        tier: String
    ) async throws {
        try await TestStack.run { stack in
            let key = TestStack.uniqueKey()
            let isSilo = tier == "PREMIUM"
            let tenant = try await Self.activeTenant(stack, key: key, tier: tier)
            let application = Application(key, isSilo: isSilo, shared: try stack.database(.application))
            try await application.fill()
            let before = try await application.rows()
            let export = try await stack.tenantManagement.post(
                "/tenants/\(tenant)/deprovision", ["reason": "Over", "graceDays": 0, "export": true],
                token: stack.admin
            ).expect(202).string("exportId")
            let bytes = try await stack.archive(ofExport: export)
            try await eventually("the tenant is off-boarded") { try await stack.status(ofTenant: tenant) == 5 }
            let shared = try stack.database(.application)
            #expect(
                try await shared.count(
                    """
                    SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = $1)
                        + (SELECT count(*) FROM pg_database WHERE datname = $1)
                    """, [.text(application.name)]) == 0)

            let data = try #require(try TenantArchive(bytes, migration: Self.migration).manifest.applicationData)
            #expect(data.file == "application-data/postgres.dump" && data.name == application.name)
            #expect(data.kind == (isSilo ? "postgres-database" : "postgres-schema") && data.tier == tier)
            let file = TestCommand.temporaryFile("archive.tar")
            try Data(bytes).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            try await Self.importIntoEmptyInstallation(file, tenant, key, isSilo: isSilo, before)
        }
    }

    @Test func `an imported tenant is provisioned where it is now and goes on with its data`() async throws {
        let key = TestStack.uniqueKey()
        let file = TestCommand.temporaryFile("archive.tar")
        defer { try? FileManager.default.removeItem(at: file) }
        var (tenant, before) = ("", [String]())
        try await TestStack.run { stack in
            tenant = try await Self.activeTenant(stack, key: key, tier: "BASIC")
            let application = Application(key, isSilo: false, shared: try stack.database(.application))
            try await application.fill()
            before = try await application.rows()
            let export = try await stack.tenantManagement.post(
                "/tenants/\(tenant)/deprovision", ["reason": "Over", "graceDays": 0, "export": true],
                token: stack.admin
            ).expect(202).string("exportId")
            try Data(try await stack.archive(ofExport: export)).write(to: file)
            try await eventually("the tenant is off-boarded") { try await stack.status(ofTenant: tenant) == 5 }
        }
        try await TestStack.run([.tenantManagement, .orchestrator]) { stack in
            let shared = try stack.database(.application)
            for (service, environment) in [
                ("tenant-management", Self.environment(try stack.database(.tenantManagement))),
                ("orchestrator", Self.orchestratorEnvironment(try stack.database(.orchestrator), shared)),
            ] {
                let outcome = try await ArcCommand.run(
                    ["tenants", "import", file.path, "--service", service], environment: environment)
                #expect(outcome.status == 0, "\(outcome)")
            }
            // It was ACTIVE when its rows were exported.
            try await stack.tenantManagement.patch("/tenants/\(tenant)", ["status": 5], token: stack.admin).expect(204)
            try await stack.tenantManagement.post(
                "/tenants/\(tenant)/provision", ["id": "1", "plan": ["tier": "BASIC"]], token: stack.admin
            ).expect(204)
            try await eventually("the tenant is ACTIVE") { try await stack.status(ofTenant: tenant) == 0 }
            let application = Application(key, isSilo: false, shared: shared)
            #expect(try await application.rows() == before)
            let places = try await stack.database(.tenantManagement).texts(
                "SELECT metadata ->> 'database' FROM main.resources WHERE tenant_id = $1::uuid AND NOT deleted",
                [.text(tenant)])
            #expect(places.contains(shared.name), "\(places)")
        }
    }

    private static func orchestratorEnvironment(
        _ control: TestDatabase, _ shared: TestDatabase
    ) -> [String: String] {
        environment(control, user: DatabaseTemplate.orchestrator.runtimeRole)
            .merging(environment(shared, "PROVISIONER_DB", user: DatabaseTemplate.application.runtimeRole)) { $1 }
            .merging(["JWT_SECRET": TestTokens.secret]) { $1 }
    }

    private static func importIntoEmptyInstallation(
        _ file: URL, _ tenant: String, _ key: String, isSilo: Bool, _ before: [String]
    ) async throws {
        try await TestDatabase.with(.tenantManagement) { management in
            try await TestDatabase.with(.subscription) { subscription in
                for (service, database) in [("subscription", subscription), ("tenant-management", management)] {
                    let outcome = try await ArcCommand.run(
                        ["tenants", "import", file.path, "--service", service],
                        environment: Self.environment(database))
                    #expect(outcome.status == 0, "\(outcome)")
                }
                #expect(
                    try await management.count("SELECT count(*) FROM main.tenants WHERE id = $1::uuid", [.text(tenant)])
                        == 1)
            }
        }
        try await TestDatabase.with(.orchestrator) { control in
            try await TestDatabase.with(.application) { shared in
                let environment = Self.orchestratorEnvironment(control, shared)
                let arguments = ["tenants", "import", file.path, "--service", "orchestrator"]
                let outcome = try await ArcCommand.run(arguments, environment: environment)
                #expect(outcome.status == 0, "\(outcome)")
                let application = Application(key, isSilo: isSilo, shared: shared)
                #expect(try await application.rows() == before)
                // The application goes on.
                try await application.run { pool in
                    _ = try await pool.query(
                        PostgresStatement(
                            "INSERT INTO \(application.name).orders (note) VALUES ('new')", prepared: false))
                    _ = try await pool.query(
                        PostgresStatement("CREATE TABLE \(application.name).more (id int)", prepared: false))
                }
                let verified = try await ArcCommand.run(["tenants", "verify", "--json"], environment: environment)
                #expect(!verified.output.contains(#""kind":"missing"#), "\(verified.output)")
                let own = verified.output.split(separator: "\n").filter { $0.contains(application.name) }
                #expect(own == [], "\(own)")
                // What is there is never replaced.
                let after = try await application.rows()
                let again = try await ArcCommand.run(arguments, environment: environment)
                #expect(again.status != 0 && again.errors.contains("already"), "\(again)")
                #expect(try await application.rows() == after)
                try await shared.query("DROP DATABASE IF EXISTS tenant_\(key) WITH (FORCE)")
            }
        }
    }

    /// A tiers file for the duration of a test.
    private static func withTiers(_ tiers: JSONValue, _ body: (String) async throws -> Void) async throws {
        let file = TestCommand.temporaryFile("tiers.json")
        try Data(tiers.serialized()).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try await body(file.path)
    }

    @Test func `a command of a tier writes the data, and a tier without one says so`() async throws {
        let command = "cat >/dev/null; printf 'data of %s by %s' \"$ARC_TENANT_KEY\" \"$ARC_ACTION\""
        let tiers: JSONValue = [
            "BASIC": [
                "provisioner": "exec", "command": ["/bin/sh", "-c", "echo '{}'"],
                "exportCommand": ["/bin/sh", "-c", .string(command)],
            ], "PREMIUM": ["provisioner": "exec", "command": ["/bin/sh", "-c", "echo '{}'"]],
        ]
        try await Self.withTiers(tiers) { path in
            try await TestStack.run(environment: ["TIERS_FILE": path]) { stack in
                let key = TestStack.uniqueKey()
                let with = try await Self.activeTenant(stack, key: key, tier: "BASIC")
                let export = try await stack.tenantManagement.post("/tenants/\(with)/exports", token: stack.admin)
                    .expect(202).string("id")
                let bytes = try await stack.archive(ofExport: export)
                let manifest = try TenantArchive(bytes, migration: Self.migration).manifest
                #expect(manifest.applicationData?.kind == "exec" && manifest.applicationData?.tier == "BASIC")
                let file = TestCommand.temporaryFile("archive.tar")
                let target = TestCommand.temporaryFile("data")
                defer { for used in [file, target] { try? FileManager.default.removeItem(at: used) } }
                try Data(bytes).write(to: file)
                let copied = try await ArcCommand.run(
                    ["tenants", "import", file.path, "--extract-data", target.path], environment: [:])
                #expect(copied.status == 0, "\(copied)")
                #expect(try String(contentsOf: target, encoding: .utf8) == "data of \(key) by export")
                let twice = try await ArcCommand.run(
                    ["tenants", "import", file.path, "--extract-data", target.path], environment: [:])
                #expect(twice.status != 0, "a file that exists is not replaced")

                let without = try await Self.activeTenant(stack, key: TestStack.uniqueKey(), tier: "PREMIUM")
                let second = try await stack.tenantManagement.post("/tenants/\(without)/exports", token: stack.admin)
                    .expect(202).string("id")
                let other = try TenantArchive(
                    try await stack.archive(ofExport: second), migration: Self.migration)
                #expect(other.manifest.applicationData == nil)
                #expect(
                    other.manifest.leftOut.contains {
                        $0.what == "application data" && $0.reason.contains("exportCommand")
                    })
            }
        }
    }
}
