import Foundation
import JSONCoding
import PostgresTestSupport
import StackTestSupport
import Testing

/// Drills about data servers and migrations.
extension OperationsDrill {
    /// Whole servers are compared and changed, so the tests' server, which has tenants of other tests, is not used.
    static func operateDataServers(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        try await PostgresCluster.with(usesTCP: true) { cluster in
            let port = "\(try #require(cluster.port))"
            var servers = try TestServers.current()
            servers.postgres = PostgresTestServer(host: "127.0.0.1", port: port, user: "postgres")
            try await ProcessStack.run(on: servers) { stack in
                try await TCPProxy.run(to: "127.0.0.1", port) { proxy in
                    try await operateDataServer(section, shell, stack, proxy)
                }
            }
        }
    }

    private static func operateDataServer(
        _ section: OperationsSection, _ shell: OperationsShell, _ stack: ProcessStack, _ proxy: TCPProxy
    ) async throws {
        let application = try stack.data.database(.application)
        let runs = try stack.data.database(.orchestrator)
        let file: JSONValue = [
            "servers": [
                [
                    "name": "eu-1", "host": "127.0.0.1", "port": .integer(proxy.port), "user": "provisioner",
                    "database": .string(application.name), "sslmode": "disable", "labels": ["region": "eu"],
                ]
            ]
        ]
        try shell.write(file.serialized(), to: "servers.json")
        let settings = ["DATA_SERVERS_FILE": shell.path(of: "servers.json"), "TIERS_FILE": ""]
        let management = try await stack.start(.tenantManagement)
        let orchestrator = try await stack.start(.orchestrator, settings)
        let key = await stack.create(management.client).key
        try await stack.waitUntilAllAreActive()
        let tenant = try #require(
            try await stack.data.database(.tenantManagement).texts("SELECT id::text FROM main.tenants").first)

        let list = try await shell.query(try section.take("SELECT name, address"), in: runs)
        #expect(list.count == 1 && list[0].hasPrefix("eu-1|"))
        let place = try await shell.query(
            try section.take("SELECT server.name"), in: runs, replacing: [("…", tenant)])
        #expect(place.count == 1 && place[0].hasPrefix("eu-1|"))
        #expect(try await shell.query(try section.take("SELECT * FROM main.tenant_placements"), in: runs).isEmpty)

        let variables = try stack.data.variables(.orchestrator, tenantManagement: management.client.url)
            .merging(settings) { $1 }
        let next = try await shell.succeed(
            try section.take("arc tenants provision --dry-run"), environment: variables)
        #expect(next.contains("eu-1"), "\(next)")

        // A role that cannot log in, as a move that failed may leave it.
        let verify = try section.take("arc tenants verify")
        let repair = try section.take("arc tenants verify --repair")
        try await shell.succeed(verify, environment: variables)
        let lockOut = "ALTER ROLE tenant_\(key) NOLOGIN"
        try await application.query(lockOut)
        let different = try await shell.type(verify, environment: variables)
        #expect(different.status == 1 && different.output.contains("missing-login"), "\(different.output)")
        try await shell.succeed(repair, environment: variables)
        try await application.query(lockOut)
        try await shell.query(
            try section.take("ALTER ROLE"), in: application, as: "provisioner",
            replacing: [("<key>", key), ("<database>", application.name)])
        try await shell.succeed(verify, environment: variables)
        // A schema that belongs to no tenant.
        try await application.query("CREATE SCHEMA tenant_nobody AUTHORIZATION provisioner")
        let orphan = try await shell.type(verify, environment: variables)
        #expect(orphan.status == 1 && orphan.output.contains("--drop-orphans 1"), "\(orphan.output)")
        try await shell.succeed(verify, adding: "--drop-orphans 1", environment: variables)

        // The server is away.
        proxy.refuse(true)
        try await eventually("the orchestrator says which server is away") {
            let checks = try await orchestrator.client.get("/health/ready").json["checks"]
            return checks?["applicationDatabase"] == "down"
        }
        let unreachable = try await shell.type(verify, environment: variables)
        #expect(unreachable.status == 1 && unreachable.output.contains("unreachable"), "\(unreachable.output)")
        #expect(await stack.create(management.client).status == 201)
        try await eventually("its provisioning waits") {
            try await runs.count("SELECT count(*) FROM main.provisioning_runs WHERE unavailable_since IS NOT NULL") == 1
        }
        proxy.refuse(false)
        try await stack.waitUntilAllAreActive()
    }

    static func migrate(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        try await TestDatabase.makeEmpty(.orchestrator).removed { database in
            let variables = OperationsShell.variables(of: database)
            let service = "--service orchestrator"
            let status = try section.take("arc migrate status")
            #expect(
                try await shell.succeed(status, adding: service, environment: variables).contains("pending"))
            try await shell.succeed(try section.take("arc migrate check"), adding: service, environment: variables)
            let plan = try await shell.succeed(
                try section.take("arc migrate up --dry-run"), adding: service, environment: variables)
            #expect(plan.contains("would apply 1 "), "\(plan)")
            let up = try section.take("arc migrate up")
            #expect(try await shell.succeed(up, adding: service, environment: variables).contains("applied 1 "))
            #expect(
                try await !shell.succeed(status, adding: service, environment: variables).contains("pending"))
            let down = try await shell.succeed(
                try section.take("arc migrate down"), replacing: [("X", "orchestrator")], environment: variables)
            #expect(down.contains("reverted "), "\(down)")
            #expect(try await shell.succeed(up, adding: service, environment: variables).contains("applied "))
        }
    }

    /// On a server of its own, where the roles of the document do not exist yet.
    static func adopt(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        try await PostgresCluster.with(usesTCP: true) { cluster in
            let port = "\(try #require(cluster.port))"
            let server = PostgresTestServer(host: "127.0.0.1", port: port, user: "postgres")
            try await server.execute("CREATE ROLE arc_owner LOGIN", "CREATE DATABASE original OWNER arc_owner")
            let original = TestDatabase(name: "original", template: .tenantManagement, server: server)
            for part in ["schema", "rows"] { try await load("tenant-management.\(part).sql", into: original) }
            let before = try await original.count("SELECT count(*) FROM main.tenants WHERE NOT deleted")

            let connection = try section.take("export DB_HOST=")
            let names = try section.take("export DB_DATABASE=")
            let prelude = """
                \(try shell.text(
                    of: connection,
                    [("DB_HOST=…", "DB_HOST=127.0.0.1"), ("5432", port), ("PASSWORD=…", "PASSWORD=unused")]))
                \(try shell.text(of: names, [("…", "original")]))
                """
            try await shell.query(try section.take("CREATE ROLE"), in: original)
            try await shell.ask(try section.take("\\password"), in: original, answers: "a password")
            try await shell.query(try section.take("GRANT CONNECT"), in: original, replacing: [("…", "original")])
            #expect(
                try await original.texts("SELECT rolpassword FROM pg_authid WHERE rolname = 'tenant_mgmt_app'")[0]
                    .hasPrefix("SCRAM-SHA-256$"))

            try await shell.succeed(try section.take("arc migrate check --service $service"), after: prelude)
            #expect(
                try await shell.query(try section.take("SELECT usename"), in: original).contains {
                    $0.hasPrefix("postgres|psql|active")
                })
            try await shell.succeed(try section.take("pg_dump"), after: prelude)
            #expect(
                try await shell.succeed(try section.take("pg_restore --list"), after: prelude).contains("Archive"))
            let migrated = try await shell.succeed(
                try section.take("arc migrate check --service $service &&"), after: prelude)
            #expect(migrated.contains("(tables of the original, adopted)") && !migrated.contains("pending"))
            let count = try section.take("SELECT count(*) FROM main.tenants")
            #expect(try await shell.query(count, in: original) == ["\(before)"])
            try await serve(original, section, shell, prelude)

            // Back to the original.
            let steps = original.template.migrations.count
            try await shell.succeed(
                try section.take("arc migrate down"), replacing: [("N", "\(steps)")], after: prelude)
            #expect(try await original.count("SELECT count(*) FROM main.tenants WHERE NOT deleted") == before)
            try await shell.succeed(
                try section.take("createdb"), replacing: [("…", "restored")], after: prelude)
            try await shell.succeed(
                try section.take("pg_restore --dbname"), replacing: [("…", "restored")], after: prelude)
            let restored = TestDatabase(name: "restored", template: .tenantManagement, server: server)
            #expect(try await shell.query(count, in: restored) == ["\(before)"])
        }
    }

    /// Starts the service on an adopted database, and has it examined.
    private static func serve(
        _ database: TestDatabase, _ section: OperationsSection, _ shell: OperationsShell, _ prelude: String
    ) async throws {
        let data = try await StackData.make([.tenantManagement], on: TestServers.current())
        var variables = try data.variables(.tenantManagement, tenantManagement: nil)
        for (name, value) in OperationsShell.variables(of: database) { variables[name] = value }
        variables["DB_USER"] = "tenant_mgmt_app"
        // ArcProcess types this one, and stops it.
        #expect(try section.take("arc serve").text == "arc serve $service")
        let service = try await ArcProcess(.tenantManagement, environment: variables)
        try await withCleanup {
            variables["PORT"] = "\(service.port)"
            let report = try await shell.type(
                try section.take("arc doctor --service $service"), after: prelude, environment: variables)
            // Fonts are not part of this.
            let problems = report.output.split(separator: "\n").filter {
                $0.contains("FAIL") && !$0.contains("invoices")
            }
            #expect(problems.isEmpty && report.output.contains("  ok    HTTP: ok"), "\(report.output)\(report.errors)")
        } cleanup: {
            await service.remove()
            await data.remove()
        }
    }

    private static func load(_ name: String, into database: TestDatabase) async throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Fixtures/original/\(name)").standardized
        try await TestCommand.run([
            "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", database.server.host, "-p", database.server.port, "-U",
            "arc_owner", "-d", database.name, "-f", file.path,
        ])
    }
}
