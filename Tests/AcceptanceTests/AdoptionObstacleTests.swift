import JSONCoding
import Migrations
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

/// What prevents the adoption of a database is found before anything is changed, and reported with its repair.
@Suite struct AdoptionObstacleTests {
    private func obstacles(_ original: OriginalDatabase, as user: String = OriginalDatabase.owner) async throws
        -> [String]
    {
        let report = try await original.migrator(as: user).check()
        #expect(report.findings.isEmpty || report.differences.isEmpty)
        #expect(report.differences.allSatisfy { !$0.repair.isEmpty })
        return report.differences.map { "\($0.place): \($0.problem)" }
    }

    @Test func `every difference is reported with SQL that repairs it`() async throws {
        try await OriginalDatabase.with(.tenantManagement) { original in
            for sql in [
                "ALTER TABLE main.tenants DROP COLUMN spoc_user_id, ALTER key TYPE text, ALTER name DROP NOT NULL",
                "ALTER TABLE main.tenants ADD COLUMN region text NOT NULL DEFAULT ''",
                "ALTER TABLE main.tenants ALTER region DROP DEFAULT",
                "ALTER TABLE main.tenants ADD COLUMN source text",
                "ALTER TABLE main.leads ALTER created_on DROP DEFAULT, ALTER company_name TYPE varchar(50)",
                "UPDATE main.addresses SET city = '' WHERE city IS NULL",
                "ALTER TABLE main.addresses ALTER city SET NOT NULL",
                "ALTER TABLE main.contacts DROP CONSTRAINT fk_contacts_tenants",
                "ALTER TABLE main.resources DROP CONSTRAINT idx_resource_ext_id",
                "ALTER TABLE main.resources ADD CONSTRAINT other_name UNIQUE (external_identifier, tenant_id)",
            ] { try await original.database.query(sql) }
            let definitions = try await original.definitions()
            #expect(
                try await obstacles(original) == [
                    "main.addresses.city: does not accept NULL and should",
                    "main.leads.company_name: is character varying(50) and should be character varying(100)",
                    "main.leads.created_on: has no default",
                    "main.tenants.name: accepts NULL and should not",
                    "main.tenants.key: is text and should be character varying(20)",
                    "main.tenants.spoc_user_id: the column is missing",
                    "main.tenants.region: the original has no such column; it needs a value that nothing here would give it",
                    "main.contacts: the foreign key (tenant_id) to tenants is missing",
                    "main.resources: the unique constraint idx_resource_ext_id (external_identifier, tenant_id) is missing",
                ])
            let error = await #expect(throws: MigrationError.self) { _ = try await original.migrator().up() }
            #expect(error?.kind == .refused && error?.report?.differences.count == 9)
            #expect(try await original.definitions() == definitions)

            for obstacle in try await original.migrator().check().differences {
                try await original.database.query(obstacle.repair)
            }
            #expect(try await original.migrator().up().count == original.database.template.migrations.count)
        }
    }

    @Test func `an incomplete database is not adopted`() async throws {
        try await OriginalDatabase.with(.subscription) { original in
            try await original.database.query("DROP TABLE main.feature_values, main.plan_sizes")
            #expect(
                try await obstacles(original) == [
                    "main.feature_values: the table is missing", "main.plan_sizes: the table is missing",
                ])
        }
    }

    @Test func `existing objects with names that migrations need are obstacles`() async throws {
        try await OriginalDatabase.with(.subscription) { original in
            for sql in [
                "CREATE TABLE main.outbox (id int)", "ALTER TABLE main.invoice ADD COLUMN total numeric",
                "ALTER TABLE main.services ADD COLUMN total numeric, ADD COLUMN row_version int",
            ] { try await original.database.query(sql) }
            let found = try await obstacles(original)
            #expect(
                found.map { $0.prefix { $0 != ":" } } == [
                    "main.invoice.total", "main.outbox", "main.services.row_version",
                ])
        }
    }

    @Test func `a database without the original's tables counts as new`() async throws {
        let owner = OriginalDatabase.owner
        try await TestDatabase.makeEmpty(.tenantManagement, owner: owner).removed { database in
            let original = OriginalDatabase(database: database)
            try await database.query("CREATE SCHEMA main AUTHORIZATION \(owner)")
            try await database.query("CREATE TABLE main.migrations (id int)")
            let report = try await original.migrator().check()
            #expect(!report.adopts && !report.isBlocked && report.findings.isEmpty)
            _ = try await original.migrator().up()
            #expect(try await original.migrator().status().allSatisfy { !$0.isAdopted })
        }
    }

    /// The role that migrates need not own the tables, if it has the rights of the owner.
    @Test func `a role that does not own the tables can adopt the database`() async throws {
        try await OriginalDatabase.with(.subscription) { original in
            let role = "test_migrator_\(SecureRandom.hex(bytes: 6))"
            try await original.database.server.execute("CREATE ROLE \(role) LOGIN")
            try await withCleanup {
                try await adopt(original, as: role)
            } cleanup: {
                _ = try? await original.database.query("REASSIGN OWNED BY \(role) TO \(OriginalDatabase.owner)")
                _ = try? await original.database.query("DROP OWNED BY \(role)")
                try await original.database.server.execute("DROP ROLE \(role)")
            }
        }
    }

    private func adopt(_ original: OriginalDatabase, as role: String) async throws {
        #expect(try await obstacles(original, as: role) == ["main: the role \(role) may not use it"])
        try await original.database.query("GRANT USAGE ON SCHEMA main TO \(role)")
        let found = try await obstacles(original, as: role)
        #expect(found.count == 13 && found.contains("main: the role \(role) may not make tables in it"))
        #expect(
            found.contains(
                "main.plans: belongs to \(OriginalDatabase.owner), whose rights the role \(role) does not have"))
        for repair in Set(try await original.migrator(as: role).check().differences.map(\.repair)) {
            try await original.database.query(repair)
        }
        _ = try await original.migrator(as: role).up()
        // The runtime role reads and writes what belongs to either, within its tenant, and owns nothing.
        try await TestStack.run([.subscription], environment: ["DB_DATABASE": original.database.name]) { stack in
            let plans = try await stack.subscription.get("/plans", token: stack.admin).expect(200)
            let plan = try #require(plans.json.arrayValue?.first { $0["name"] == "Standard" })
            try await stack.subscription.post(
                "/subscriptions",
                ["subscriberId": .string(Identifier.v4().description), "planId": plan["id"] ?? .null, "status": 1],
                token: stack.admin
            ).expect(201)
        }
    }

    @Test func `ten concurrent migrators adopt the database once`() async throws {
        try await OriginalDatabase.with(.tenantManagement) { original in
            let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<10 { group.addTask { try await original.migrator().up().map(\.number) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied.sorted() == original.database.template.migrations.map(\.number))
        }
    }
}
