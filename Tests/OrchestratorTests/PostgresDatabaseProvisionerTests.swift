import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Sealing
import Testing

@testable import Orchestrator

@Suite(.serialized) struct PostgresDatabaseProvisionerTests {
    @Test func `a tenant has a database that nobody else can enter`() async throws {
        try await TestWorld.with { world in
            let tenancy = try world.tenancy()
            let provisioner = PostgresDatabaseProvisioner(tenancy: tenancy)
            let (first, second, pooled) = (world.newKey(), world.newKey(), world.newKey())
            let resource = try await provision(provisioner, TestEvent(key: first))
            #expect(resource.type == "postgres-database")
            #expect(resource.externalIdentifier == "tenant_\(first)")
            #expect(resource.metadata["database"] == .string("tenant_\(first)"))
            #expect(resource.metadata["schema"] == .string("tenant_\(first)"))
            _ = try await provision(provisioner, TestEvent(key: second))
            _ = try await provision(PostgresSchemaProvisioner(tenancy: tenancy), TestEvent(key: pooled))

            try await world.asTenant(first, database: "tenant_\(first)") { pool in
                try await pool.execute("CREATE TABLE tenant_\(first).orders (note text)")
                try await pool.execute("CREATE SCHEMA archive")
                await expectRefused(pool, "CREATE TABLE public.mine (a int)")
                await expectRefused(pool, "DROP DATABASE tenant_\(second)", or: "42501")
            }
            let everyone = [first, second, pooled]
            for (database, guest) in [
                ("tenant_\(first)", first), ("tenant_\(second)", second), (world.applicationDatabase, pooled),
            ] {
                for key in everyone {
                    let mayConnect = try await world.admin.count(
                        "SELECT has_database_privilege('tenant_\(key)', '\(database)', 'CONNECT')::int")
                    #expect(mayConnect == (key == guest ? 1 : 0), "tenant_\(key) in \(database)")
                }
            }
            await #expect(throws: PostgresError.self) {
                try await world.asTenant(second, database: "tenant_\(first)") { try await $0.execute("SELECT 1") }
            }
        }
    }

    @Test func `provisioning again keeps the tenant's data`() async throws {
        try await TestWorld.with { world in
            let provisioner = PostgresDatabaseProvisioner(tenancy: try world.tenancy())
            let test = TestEvent(key: world.newKey())
            let first = try await provision(provisioner, test)
            try await world.asTenant(test.key, database: "tenant_\(test.key)") { pool in
                try await pool.execute("CREATE TABLE tenant_\(test.key).orders (note text)")
            }
            #expect(try await provision(provisioner, test) == first)
            let count = try await world.asTenant(test.key, database: "tenant_\(test.key)") { pool in
                try await pool.count("SELECT count(*) FROM tenant_\(test.key).orders")
            }
            #expect(count == 0)
        }
    }

    @Test func `concurrent provisioning of one tenant gives one database`() async throws {
        try await TestWorld.with { world in
            let provisioner = PostgresDatabaseProvisioner(tenancy: try world.tenancy())
            let test = TestEvent(key: world.newKey())
            let resources = try await withThrowingTaskGroup(of: TenantResource.self) { group in
                for _ in 0..<4 { group.addTask { try await provision(provisioner, test) } }
                return try await group.reduce(into: Set<TenantResource>()) { $0.insert($1) }
            }
            #expect(resources.count == 1)
        }
    }

    @Test func `a half-created database is finished`() async throws {
        try await TestWorld.with { world in
            let provisioner = PostgresDatabaseProvisioner(tenancy: try world.tenancy())
            let test = TestEvent(key: world.newKey())
            // As after a kill between CREATE DATABASE and what follows.
            try await world.provisionerPool.execute("CREATE DATABASE tenant_\(test.key)")
            _ = try await provision(provisioner, test)
            try await world.asTenant(test.key, database: "tenant_\(test.key)") { pool in
                try await pool.execute("CREATE TABLE tenant_\(test.key).orders (note text)")
            }
        }
    }

    @Test func `a database of another owner is never taken`() async throws {
        try await TestWorld.with { world in
            let provisioner = PostgresDatabaseProvisioner(tenancy: try world.tenancy())
            let test = TestEvent(key: world.newKey())
            try await world.admin.execute("CREATE DATABASE tenant_\(test.key)")
            await expectPermanent("not this tenant's") { _ = try await provision(provisioner, test) }
        }
    }
}
