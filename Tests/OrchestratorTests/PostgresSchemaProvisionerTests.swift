import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Sealing
import Testing

@testable import Orchestrator

@Suite(.serialized) struct PostgresSchemaProvisionerTests {
    @Test func `the resource contains what is needed and no password`() async throws {
        try await TestWorld.with { world in
            let provisioner = PostgresSchemaProvisioner(tenancy: try world.tenancy())
            let key = world.newKey()
            let resource = try await provision(provisioner, TestEvent(key: key))
            #expect(resource.type == "postgres-schema")
            #expect(resource.externalIdentifier == "\(world.applicationDatabase)/tenant_\(key)")
            #expect(resource.metadata["host"]?.stringValue == (try testVariable("ARC_TEST_POSTGRES_HOST")))
            #expect(
                resource.metadata["port"]?.intValue.map(String.init)
                    == (try testVariable("ARC_TEST_POSTGRES_PORT")))
            #expect(resource.metadata["database"]?.stringValue == world.applicationDatabase)
            #expect(resource.metadata["schema"]?.stringValue == "tenant_\(key)")
            #expect(resource.metadata["role"]?.stringValue == "tenant_\(key)")
            #expect(resource.metadata["secretRef"]?.stringValue?.hasPrefix("orchestrator/tenant-credentials/") == true)
            #expect(resource.metadata.count == 6)
        }
    }

    @Test func `a tenant works in its schema and sees no other`() async throws {
        try await TestWorld.with { world in
            let provisioner = PostgresSchemaProvisioner(tenancy: try world.tenancy())
            let (first, second) = (world.newKey(), world.newKey())
            for key in [first, second] { _ = try await provision(provisioner, TestEvent(key: key)) }
            try await world.asTenant(first, database: world.applicationDatabase) { pool in
                // Unqualified names mean the tenant's own schema.
                try await pool.execute("CREATE TABLE tenant_\(first).orders (note text)")
                try await pool.execute("INSERT INTO tenant_\(first).orders VALUES ('secret of the first')")
            }
            try await world.asTenant(second, database: world.applicationDatabase) { pool in
                await expectRefused(pool, "SELECT * FROM tenant_\(first).orders")
                await expectRefused(pool, "INSERT INTO tenant_\(first).orders VALUES ('x')")
                await expectRefused(pool, "CREATE TABLE tenant_\(first).mine (a int)")
                await expectRefused(pool, "CREATE TABLE public.mine (a int)")
                await expectRefused(pool, "CREATE SCHEMA mine")
                await expectRefused(pool, "CREATE TEMPORARY TABLE mine (a int)")
                await expectRefused(pool, "DROP SCHEMA tenant_\(first) CASCADE")
                await expectRefused(pool, "DROP SCHEMA tenant_\(second) CASCADE")
                await expectRefused(pool, "GRANT USAGE ON SCHEMA tenant_\(second) TO PUBLIC", or: "01007")
                await expectRefused(pool, "SET ROLE tenant_\(first)")
                await expectRefused(pool, "SET ROLE \(world.provisioner)")
                await expectRefused(pool, "ALTER ROLE tenant_\(first) PASSWORD 'x'")
                await expectRefused(pool, "CREATE ROLE mine")
                await expectRefused(pool, "CREATE DATABASE mine")
            }
            // Nobody can enter but the owner and who was let in, and the grant that was refused above had no effect.
            #expect(
                try await world.provisionerPool.count(
                    "SELECT has_database_privilege('public', current_database(), 'CONNECT')::int") == 0)
            #expect(
                try await world.provisionerPool.count(
                    "SELECT has_schema_privilege('public', 'tenant_\(second)', 'USAGE')::int") == 0)
        }
    }

    @Test func `the search path is the tenant's schema`() async throws {
        try await TestWorld.with { world in
            let key = world.newKey()
            _ = try await provision(PostgresSchemaProvisioner(tenancy: try world.tenancy()), TestEvent(key: key))
            let result = try await world.admin.query(
                PostgresStatement(
                    """
                    SELECT array_to_string(setconfig, ';') FROM pg_db_role_setting
                    JOIN pg_database ON pg_database.oid = setdatabase JOIN pg_roles ON pg_roles.oid = setrole
                    WHERE rolname = $1 AND datname = $2
                    """, prepared: false), [.text("tenant_\(key)"), .text(world.applicationDatabase)])
            #expect(try #require(result.first).text(0) == "search_path=tenant_\(key)")
        }
    }

    @Test func `the role has the stored password and no rights`() async throws {
        try await TestWorld.with { world in
            let (key, tenant) = (world.newKey(), Identifier.v4())
            var test = TestEvent(key: key)
            test.tenant = tenant
            let tenancy = try world.tenancy()
            _ = try await provision(PostgresSchemaProvisioner(tenancy: tenancy), test)
            let row = try #require(
                try await world.admin.query(
                    PostgresStatement(
                        """
                        SELECT rolpassword, rolconnlimit::int, rolcanlogin,
                            rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls OR rolinherit
                        FROM pg_authid WHERE rolname = $1
                        """, prepared: false), [.text("tenant_\(key)")]
                ).first)
            let credential = try await world.credentials.credential(
                role: "tenant_\(key)", server: world.dataServerAddress,
                tenant: tenant)
            #expect(isVerifier(try row.text(0), of: credential.password))
            #expect(!isVerifier(try row.text(0), of: "another"))
            #expect(try row.int(1) == 7)
            #expect(try row.bool(2))
            #expect(try row.bool(3) == false)
        }
    }

    @Test func `our verifier equals PostgreSQL's`() async throws {
        try await TestWorld.with { world in
            let role = "tenant_\(world.newKey())"
            try await world.admin.execute("SET password_encryption = 'scram-sha-256'")
            try await world.admin.execute("CREATE ROLE \(role) PASSWORD 'pencil'")
            let row = try #require(
                try await world.admin.query(
                    PostgresStatement("SELECT rolpassword FROM pg_authid WHERE rolname = $1", prepared: false),
                    [.text(role)]
                ).first)
            #expect(isVerifier(try row.text(0), of: "pencil"))
        }
    }

    @Test func `provisioning again keeps the tenant's data`() async throws {
        try await TestWorld.with { world in
            let provisioner = PostgresSchemaProvisioner(tenancy: try world.tenancy())
            let test = TestEvent(key: world.newKey())
            let first = try await provision(provisioner, test)
            try await world.asTenant(test.key, database: world.applicationDatabase) { pool in
                try await pool.execute("CREATE TABLE tenant_\(test.key).orders (note text)")
            }
            #expect(try await provision(provisioner, test) == first)
            #expect(
                try await world.provisionerPool.count(
                    "SELECT count(*) FROM pg_tables WHERE schemaname = 'tenant_\(test.key)' AND tablename = 'orders'")
                    == 1)
        }
    }

    @Test func `concurrent provisioning of two tenants gives each one schema`() async throws {
        try await TestWorld.with { world in
            let provisioner = PostgresSchemaProvisioner(tenancy: try world.tenancy())
            let tests = [TestEvent(key: world.newKey()), TestEvent(key: world.newKey())]
            let resources = try await withThrowingTaskGroup(of: TenantResource.self) { group in
                for number in 0..<16 { group.addTask { try await provision(provisioner, tests[number % 2]) } }
                return try await group.reduce(into: Set<TenantResource>()) { $0.insert($1) }
            }
            #expect(resources.count == 2)
        }
    }

    @Test func `schemas and roles of others are never taken`() async throws {
        try await TestWorld.with { world in
            let provisioner = PostgresSchemaProvisioner(tenancy: try world.tenancy())
            let key = world.newKey()
            _ = try await provision(provisioner, TestEvent(key: key))
            // Same key, another tenant.
            await expectPermanent("another tenant") { _ = try await provision(provisioner, TestEvent(key: key)) }
            // A role that nobody marked as this tenant's, and one that has become more than a tenant's.
            let foreign = TestEvent(key: world.newKey())
            try await world.admin.execute("CREATE ROLE tenant_\(foreign.key)")
            await expectPermanent("not this tenant's") { _ = try await provision(provisioner, foreign) }
            let raised = TestEvent(key: world.newKey())
            _ = try await provision(provisioner, raised)
            try await world.admin.execute("ALTER ROLE tenant_\(raised.key) CREATEDB")
            await expectPermanent("rights that no tenant may have") { _ = try await provision(provisioner, raised) }
        }
    }

    @Test func `a schema that is open to all stops provisioning`() async throws {
        try await TestWorld.with { world in
            let provisioner = PostgresSchemaProvisioner(tenancy: try world.tenancy())
            try await world.provisionerPool.execute("CREATE SCHEMA tenant_open")
            try await world.provisionerPool.execute("GRANT USAGE ON SCHEMA tenant_open TO PUBLIC")
            let test = TestEvent(key: world.newKey())
            await expectPermanent("would see schema tenant_open") { _ = try await provision(provisioner, test) }
            #expect(
                try await world.provisionerPool.count(
                    "SELECT count(*) FROM pg_namespace WHERE nspname = 'tenant_\(test.key)'") == 0)
        }
    }

    @Test func `an outage of the database of passwords is not an attempt`() async throws {
        try await TestWorld.with(application: false) { world in
            await world.pool.shutdown(patience: .zero)
            let failure = await #expect(throws: ProvisioningFailure.self) {
                try await world.credentials.credential(role: "tenant_a", server: "s", tenant: .v4())
            }
            #expect(failure?.kind == .unavailable)
        }
    }

    @Test func `a password that cannot be opened is replaced`() async throws {
        try await TestWorld.with { world in
            let (role, tenant) = ("tenant_\(world.newKey())", Identifier.v4())
            let first = try await world.credentials.credential(role: role, server: "s", tenant: tenant)
            let again = try await world.credentials.credential(role: role, server: "s", tenant: tenant)
            #expect(first.password == again.password)
            let otherKey = TenantCredentialStore(
                pool: world.pool, sealer: .init(secret: "another key", purpose: "orchestrator"), clock: world.clock,
                logger: testLogger)
            let replaced = try await otherKey.credential(role: role, server: "s", tenant: tenant)
            #expect(replaced.id == first.id)
            #expect(replaced.password != first.password)
            #expect(
                try await otherKey.credential(role: role, server: "s", tenant: tenant).password == replaced.password)
        }
    }
}
