import JSONCoding
import PostgresTestSupport
import RedisTestSupport
import StackTestSupport
import Testing

/// Drills about servers that are away or full.
extension OperationsDrill {
    static func examine(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        // A machine without `arc up`; with it, UpCommandTests has the command examine all services.
        let nowhere = try await shell.type(try section.take("arc doctor"))
        #expect(nowhere.status == 1 && nowhere.errors.contains("there is no stack of `arc up`"), "\(nowhere.errors)")
        try await TestStack.run([.tenantManagement]) { stack in
            let port = try #require(stack.node(.tenantManagement)?.port)
            let superuser = stack.servers.postgres.user
            let variables = try stack.data.variables(.tenantManagement, tenantManagement: nil)
                .merging(["PORT": "\(port)", "REDIS_PORT": "1", "DB_MIGRATION_USER": superuser]) { $1 }
            let printed = try await shell.type(
                try section.take("arc doctor --service tenant-management"), environment: variables)
            #expect(printed.status == 1)
            for part in ["configuration", "PostgreSQL", "clock", "message bus", "migrations", "events", "HTTP"] {
                #expect(printed.output.contains("  ok    \(part): "), "\(printed.output)")
            }
            #expect(printed.output.contains("  FAIL  Redis: "), "\(printed.output)")
            #expect(printed.output.contains("        fix: Check REDIS_URL or REDIS_HOST"))
        }
    }

    static func readMetrics(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        let port = try TestCommand.freePort()
        try await TestStack.run([.tenantManagement], environment: ["METRICS_PORT": "\(port)"]) { _ in
            let read = try section.take("curl -s")
            try await eventually("the figures of the node are shown") {
                let printed = try await shell.type(read, replacing: [("13005", "\(port)")])
                return printed.output.contains("arc_build_info{service=\"tenant-management\"")
                    && printed.output.contains("arc_outbox_waiting 0\n")
            }
        }
    }

    static func loseRedis(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        let redis = try await RedisServerProcess(RedisServerProcess.keepingData)
        let settings = ["REDIS_PORT": "\(redis.port)", "REDIS_HOST": "127.0.0.1"]
        let client = ["REDIS_CLI_PORT": "\(redis.port)", "REDIS_CLI_HOST": "127.0.0.1"]
        try await withCleanup {
            try await ProcessStack.run { stack in
                let work = try ProvisioningScript()
                defer { work.remove() }
                let management = try await stack.start(.tenantManagement, settings)
                _ = try await stack.start(.orchestrator, settings.merging(work.settings) { $1 })
                // A tenant is in the middle of its provisioning when Redis loses everything, and again when it is gone.
                work.hold()
                #expect(await stack.create(management.client).status == 201)
                try await eventually("the work has begun") { work.starts() > 0 }
                let ping = try section.take("redis-cli PING")
                #expect(try await shell.succeed(ping, environment: client) == "PONG")
                let wiped = try await TestCommand.outcome(of: ["redis-cli", "-p", "\(redis.port)", "FLUSHALL"])
                #expect(wiped.status == 0)
                try await redis.stop()
                #expect(try await shell.type(ping, environment: client).status != 0)
                let health = { try await management.client.get("/health/ready").expect(200).json }
                try await eventually("the service says that Redis is down") {
                    let report = try await health()
                    return report["checks"]?["redis"] == "down" && report["status"] == "degraded"
                }
                #expect(await stack.create(management.client).status == 201)
                work.release()
                try await stack.waitUntilAllAreActive()
                try await redis.start()
                try await eventually("the service has reconnected") { try await health()["status"] == "ok" }
                let memory = try await shell.succeed(
                    try section.take("redis-cli INFO memory"), environment: client)
                #expect(memory.contains("used_memory_human") && memory.contains("maxmemory_human"))
            }
        } cleanup: {
            try? await redis.stop()
        }
    }

    static func fillDisk(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        try await TestStack.run([.tenantManagement, .orchestrator]) { stack in
            let (database, bus) = (try stack.database(.tenantManagement), try stack.database(.messageBus))
            let application = try stack.database(.application)
            let client = stack.tenantManagement
            let first = try await stack.createTenantID()
            try await eventually("the tenant is ACTIVE") { try await stack.status(ofTenant: first) == 0 }

            // The disk of tenant management.
            try await FullDisk.fill(database)
            let refused = try await client.post("/tenants", .object(TestStack.tenantBody()), token: stack.admin)
            #expect(refused.status == 503 && refused.headers["retry-after"] != nil, "\(refused.text)")
            #expect(try await database.count("SELECT count(*) FROM main.tenants") == 1)
            try await client.get("/tenants/\(first)", token: stack.admin).expect(200)
            let health = try await client.get("/health/ready").expect(200).json
            #expect(health["status"] == "degraded" && health["checks"]?["postgres"] == "disk full")

            let databases = try await shell.query(try section.take("SELECT datname"), in: database)
            #expect(databases.contains { $0.hasPrefix("\(database.name)|") } || databases.count == 10)
            let tables = try await shell.query(try section.take("SELECT relname"), in: database)
            #expect(tables.contains { $0.hasPrefix("outbox|") })
            try await database.query("SELECT pg_create_physical_replication_slot('arc_left_over')")
            let slots = try await shell.query(try section.take("SELECT slot_name"), in: database)
            #expect(slots.contains { $0.hasPrefix("arc_left_over|f|") })
            let drop = try section.take("SELECT pg_drop_replication_slot")
            try await shell.query(drop, in: database, replacing: [("…", "arc_left_over")])
            try await FullDisk.clear(database)

            // Those of the message bus and of the application database.
            try await FullDisk.fill(bus)
            let second = try await stack.createTenantID()
            let waiting = "SELECT count(*) FROM main.outbox WHERE state = 0 AND tenant_id = '\(second)'"
            #expect(try await database.count(waiting) == 1)
            try await FullDisk.refuseDefinitions(application)
            try await FullDisk.clear(bus)
            let runs = try stack.database(.orchestrator)
            try await eventually("the run waits for the disk") {
                try await runs.count(
                    "SELECT count(*) FROM main.provisioning_runs WHERE unavailable_since IS NOT NULL") == 1
            }
            try await eventually("the run says why it waits") {
                try await client.get("/tenants/\(second)/provisioning", token: stack.admin).expect(200).text.contains(
                    "53100")
            }
            try await FullDisk.allowDefinitions(application)
            try await eventually("the tenant is ACTIVE") { try await stack.status(ofTenant: second) == 0 }
            let letters = "SELECT count(*) FROM main.outbox WHERE state = 2"
            #expect(try await database.count(letters) == 0, "a full disk is no failed attempt")
        }
    }
}

/// Makes PostgreSQL refuse changes as it does when its disk is full: with the SQL state 53100, while reads succeed.
enum FullDisk {
    static func fill(_ database: TestDatabase) async throws {
        try await database.query(
            """
            CREATE FUNCTION main.refuse_for_full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
            END $$
            """)
        try await forEachTable(
            database, "CREATE TRIGGER a_full_disk BEFORE INSERT ON main.%I EXECUTE FUNCTION main.refuse_for_full_disk()"
        )
    }

    static func clear(_ database: TestDatabase) async throws {
        try await forEachTable(database, "DROP TRIGGER a_full_disk ON main.%I")
        try await database.query("DROP FUNCTION main.refuse_for_full_disk()")
    }

    private static func forEachTable(_ database: TestDatabase, _ statement: String) async throws {
        try await database.query(
            """
            DO $$ DECLARE name text;
            BEGIN
                FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'main'::regnamespace AND relkind = 'r' ORDER BY 1 LOOP
                    EXECUTE format('\(statement)', name);
                END LOOP;
            END $$
            """)
    }

    /// Refuses to create schemas.
    static func refuseDefinitions(_ database: TestDatabase) async throws {
        try await database.query(
            """
            CREATE FUNCTION public.refuse_for_full_disk() RETURNS event_trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
            END $$
            """)
        try await database.query(
            """
            CREATE EVENT TRIGGER a_full_disk ON ddl_command_start WHEN TAG IN ('CREATE SCHEMA')
            EXECUTE FUNCTION public.refuse_for_full_disk()
            """)
    }

    static func allowDefinitions(_ database: TestDatabase) async throws {
        try await database.query("DROP EVENT TRIGGER a_full_disk")
    }
}
