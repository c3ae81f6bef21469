import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import TestSupport
import Testing

/// Exports of application data by an orchestrator that is killed.
@Suite struct DataExportCrashTests {
    /// The part that the orchestrator sends is held at the table of tenant management. The process that has sent it is killed, and
    /// the part arrives after its death.
    @Test func `an export whose orchestrator is killed while it sends begins again and is complete`() async throws {
        try await ProcessStack.run { stack in
            let tiers = try stack.write(["BASIC": ["provisioner": "postgres-schema"]], "schemas.json")
            let service = try await stack.start(.tenantManagement, TableGate.patience)
            let orchestrator = try await stack.start(.orchestrator, ["TIERS_FILE": tiers])
            let (status, key) = await stack.create(service.client)
            #expect(status == 201)
            try await stack.waitUntilAllAreActive()
            let management = try stack.data.database(.tenantManagement)
            let control = try stack.data.database(.orchestrator)
            let tenants = try await management.texts("SELECT id::text FROM main.tenants WHERE key = $1", [.text(key)])
            let tenant = try #require(tenants.first)
            try await stack.data.database(.application).withPool(user: "tenant_\(key)") { pool in
                try await pool.execute("CREATE TABLE tenant_\(key).orders AS SELECT generate_series(1, 500) AS id")
            }

            let export = try await management.withPool { pool in
                try await pool.withTransaction { transaction in
                    _ = try await transaction.query(
                        "LOCK TABLE main.tenant_export_data IN SHARE ROW EXCLUSIVE MODE")
                    let export = try await service.client.post("/tenants/\(tenant)/exports", token: stack.admin)
                        .expect(202).string("id")
                    try await eventually("a part waits") {
                        try await management.count(
                            """
                            SELECT count(*) FROM pg_locks
                            WHERE NOT granted AND relation = 'main.tenant_export_data'::regclass
                            """) > 0
                    }
                    try await orchestrator.kill()
                    return export
                }
            }
            // Stands in for the subscription service.
            try await management.query(
                """
                INSERT INTO main.tenant_export_parts (export_id, position, tenant_id, is_last, content)
                SELECT id, 0, tenant_id, true, '' FROM main.tenant_exports
                """)
            // A test that kills the process ends the lease, too.
            try await control.query("UPDATE main.data_exports SET due_at = now()")
            #expect(try await control.count("SELECT generation FROM main.data_exports") == 1)
            try await orchestrator.start()
            try await eventually("the archive is made") {
                let made = try await service.client.get("/tenant-exports/\(export)", token: stack.admin).expect(200)
                guard made.json["state"] != "FAILED" else { throw TestFailure(made.text) }
                return made.json["state"] == "DONE"
            }
            #expect(
                try await management.texts(
                    "SELECT data_attempt || ' ' || (data ->> 'kind') FROM main.tenant_exports")
                    == ["2 postgres-schema"])
            try await eventually("the request is done") {
                try await control.count("SELECT count(*) FROM main.data_exports") == 0
            }
            #expect(try await management.count("SELECT count(*) FROM main.tenant_export_data") == 0)
        }
    }
}
