import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Subscription
import TenantManagement
import Testing

@testable import Entities

/// What lists are asked for in practice is found by indexes, shown by the plans of 20,000 rows as the runtime role sees
/// them, row-level security included.
@Suite(.timeLimit(.minutes(20))) struct IndexTests {
    private static let rows = 20_000
    private static let tenant = Identifier("00000000-0000-4000-8000-0000000003e8") ?? .v4()

    /// Every foreign key of every table begins an index.
    @Test(arguments: [DatabaseTemplate.tenantManagement, .subscription])
    func `every foreign key has an index`(_ template: DatabaseTemplate) async throws {
        try await TestDatabase.with(template) { database in
            let missing = try await database.texts(
                """
                SELECT key.conrelid::regclass || '.' || attribute.attname FROM pg_constraint AS key
                JOIN pg_attribute AS attribute ON attribute.attrelid = key.conrelid AND attribute.attnum = key.conkey[1]
                WHERE key.contype = 'f' AND key.connamespace = 'main'::regnamespace AND NOT EXISTS (
                    SELECT FROM pg_index AS found
                    WHERE found.indrelid = key.conrelid AND found.indkey[0] = key.conkey[1]
                        AND found.indpred IS NULL)
                """)
            #expect(missing == [])
        }
    }

    /// Lists in the order of such a column can begin a page at an index; of others NULL may come before or behind.
    @Test func `the descriptions know which columns are never NULL`() async throws {
        for (template, catalog) in [
            (DatabaseTemplate.tenantManagement, try TenantManagementCatalog.make()),
            (.subscription, try SubscriptionCatalog.make()),
        ] {
            try await TestDatabase.with(template) { database in
                let columns = try await database.texts(
                    """
                    SELECT table_name || '.' || column_name FROM information_schema.columns
                    WHERE table_schema = 'main' AND is_nullable = 'NO'
                    """)
                let never = Set(columns)
                for entity in catalog.entities {
                    let missing = entity.properties.filter { field in
                        never.contains("\(entity.table).\(field.column)") && !entity.alwaysSet.contains(field.name)
                    }
                    #expect(missing.map(\.name) == [], "\(entity.name)")
                }
            }
        }
    }

    @Test func `the lists of tenant management use indexes`() async throws {
        try await TestDatabase.with(.tenantManagement) { database in
            try await database.query(
                """
                INSERT INTO main.leads (id, first_name, last_name, email, company_name, is_validated, created_on)
                SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'F', 'L', 'l' || n || '@x.com', 'C',
                    n % 2 = 0, now() - n * interval '1 minute'
                FROM generate_series(1, \(Self.rows)) AS n
                """)
            try await database.query(
                """
                INSERT INTO main.tenants (id, name, status, key, lead_id, created_on)
                SELECT id, 'T', CASE WHEN right(id::text, 2) = 'ff' THEN 2 ELSE 0 END, right(id::text, 10), id, created_on
                FROM main.leads
                """)
            for sql in [
                "contacts (first_name, last_name, email, tenant_id, created_on) SELECT 'F', 'L', 'c' || key, id, created_on",
                "resources (type, metadata, external_identifier, tenant_id) SELECT 't', '{}', 'r', id",
                "invoices (amount, currency_code, tenant_id, created_on) SELECT 1, 'USD', id, created_on",
                "tenant_mgmt_configs (config_key, config_value, tenant_id) SELECT 'k', '{}', id",
            ] { try await database.query("INSERT INTO main.\(sql) FROM main.tenants") }
            let plans = try await Plans(database, catalog: TenantManagementCatalog.make())
            let tenant = PostgresValue.identifier(Self.tenant)
            for name in ["Tenant", "Lead", "Contact", "Invoice", "TenantMgmtConfig"] {
                try await plans.check(name, Filter(limit: 100))
                try await plans.check(name, Filter(limit: 100), in: .tenant(Self.tenant, actor: .system))
            }
            for name in ["Tenant", "Lead", "Contact", "Invoice"] {
                try await plans.check(name, Filter(order: [Order("createdOn", descending: true)], limit: 100))
            }
            try await plans.checkDepth("Contact", Filter(order: [Order("createdOn", descending: true)], limit: 100))
            try await plans.checkDepth("Contact", Filter(order: [Order("createdOn")], limit: 100))
            try await plans.checkDepth("Contact", Filter(limit: 100))
            for name in ["Contact", "Resource", "Invoice", "TenantMgmtConfig"] {
                try await plans.check(name, Filter(where: .equals("tenantId", tenant), limit: 100))
            }
            try await plans.check("Tenant", Filter(where: .equals("key", .text("00000003e8")), limit: 1))
            try await plans.check("Tenant", Filter(where: .equals("status", .int64(2)), limit: 1000))
            try await plans.check("Tenant", Filter(where: .oneOf("leadId", [tenant, .identifier(.v4())]), limit: 100))
            try await plans.check(
                "Tenant",
                Filter(
                    where: .equals("status", .int64(2)), order: [Order("createdOn", descending: true)], limit: 20))
            try await plans.check("Tenant", Filter(where: .equals("name", .text("Nobody")), limit: 20))
            try await plans.check("Tenant", Filter(order: [Order("name")], limit: 20))
            try await plans.checkDepth("Tenant", Filter(order: [Order("key")], limit: 100))
            try await plans.check("Lead", Filter(where: .equals("email", .text("l7@x.com")), limit: 100))
            try await plans.check(
                "Invoice", Filter(where: .equals("status", .int64(0)), order: [Order("dueDate")], limit: 20))
            try await checkValidatedEmails(database)
            try await plans.check("Contact", Filter(where: .equals("email", .text("c7")), limit: 100))
            let includes = Tenant.entity.relations.map { Inclusion($0.name, scope: Filter(limit: 100)) }
            try await plans.check("Tenant", Filter(limit: 50, include: includes))
            try await plans.check(
                "Lead",
                Filter(
                    where: .equals("isValidated", .bool(true)), limit: 50,
                    include: [Inclusion("tenant", scope: Filter(include: includes))]))
        }
    }

    /// `POST /leads` is open to everybody: whether an address is taken is found without reading the leads that have one.
    private func checkValidatedEmails(_ database: TestDatabase) async throws {
        try await database.withPool(user: database.template.runtimeRole) { pool in
            let statement = LeadRepository.isValidated
            for (email, isValidated) in [("l8@x.com", true), ("l7@x.com", false), ("nobody@x.com", false)] {
                let settings = TenantScope.system.settings
                let answer = try await pool.query(statement, [.text(email)], settings: settings)
                #expect(try answer.first?.bool(0) == isValidated)
                let explain = PostgresStatement("EXPLAIN (ANALYZE, BUFFERS) \(statement.sql)", prepared: false)
                let plan = try await pool.query(explain, [.text(email)], settings: settings).rows.map { try $0.text(0) }
                // Half of the leads are validated, on some 300 pages.
                let pages = plan.flatMap { $0.matches(of: /(?:hit|read)=(\d+)/).compactMap { Int($0.output.1) } }
                #expect(pages.allSatisfy { $0 < 50 }, "\(plan.joined(separator: "\n"))")
            }
            // A tenant's scope learns nothing about other people's addresses.
            let scope = TenantScope.tenant(Self.tenant, actor: .system)
            let answer = try await pool.query(statement, ["l8@x.com"], settings: scope.settings)
            #expect(try answer.first?.bool(0) == false)
        }
    }

    @Test func `the lists of the subscription service use indexes`() async throws {
        try await TestDatabase.with(.subscription) { database in
            // What follows from each change, such as the audit log and the revenue of the month, is not what is looked at here.
            for table in ["invoice", "subscriptions"] {
                try await database.query("ALTER TABLE main.\(table) DISABLE TRIGGER USER")
            }
            try await database.query(
                """
                INSERT INTO main.invoice (id, invoice_id, tenant_id, currency_code, subtotal, total, created_on)
                SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'in_' || n,
                    ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'USD', 1, 1, now() - n * interval '1 minute'
                FROM generate_series(1, \(Self.rows)) AS n
                """)
            try await database.query(
                """
                INSERT INTO main.subscriptions (subscriber_id, plan_id, start_date, end_date, status, invoice_id, created_on)
                SELECT invoice.id, plan.id, '2019-01-01', (DATE '2020-01-01' + (random() * 3000)::int)::text,
                    (random() * 4)::int, invoice.id, invoice.created_on
                FROM main.invoice CROSS JOIN LATERAL (SELECT id FROM main.plans LIMIT 1) AS plan
                """)
            let plans = try await Plans(database, catalog: SubscriptionCatalog.make())
            let tenant = PostgresValue.identifier(Self.tenant)
            for name in ["Subscription", "Invoice"] {
                try await plans.check(name, Filter(limit: 100))
                try await plans.check(name, Filter(order: [Order("createdOn", descending: true)], limit: 100))
                try await plans.check(name, Filter(limit: 100), in: .tenant(Self.tenant, actor: .system))
            }
            for field in ["subscriberId", "invoiceId"] {
                try await plans.check("Subscription", Filter(where: .equals(field, tenant), limit: 100))
            }
            try await plans.check(
                "Subscription", Filter(where: .oneOf("subscriberId", [tenant, .identifier(.v4())]), limit: 100))
            try await plans.check("Invoice", Filter(where: .equals("invoiceId", .text("in_7")), limit: 100))
            try await plans.check(
                "Subscription",
                Filter(limit: 50, include: [Inclusion("plan"), Inclusion("invoice")]))

            // Ids are in the order of time, and the active ones are the newest.
            try await database.query(
                "UPDATE main.subscriptions SET status = CASE WHEN id > 'c0000000-0000-0000-0000-000000000000' THEN 1 ELSE 4 END"
            )
            try await database.query("ANALYZE main.subscriptions")
            try await plans.checkReads("Subscription", Filter(where: .equals("status", .int64(1)), limit: 20))
        }
    }

    /// Looks at plans.
    private struct Plans {
        let database: TestDatabase
        let catalog: EntityCatalog

        init(_ database: TestDatabase, catalog: EntityCatalog) async throws {
            self.database = database
            self.catalog = catalog
            try await database.query("ANALYZE")
        }

        /// A page far behind begins where it begins, and reads nothing before it.
        func checkDepth(_ name: String, _ filter: Filter) async throws {
            let entity = try #require(catalog.entity(named: name))
            try await database.withPool(user: database.template.runtimeRole) { pool in
                let repository = EntityRepository(pool: pool, entity: entity, catalog: catalog)
                var far = filter
                far.skip = IndexTests.rows * 9 / 10
                let cursor = try #require(try await repository.page(far, in: .system).next)
                let select = try repository.selectStatement(filter, after: cursor, in: .system).statement
                let explain = PostgresStatement("EXPLAIN (ANALYZE, BUFFERS) \(select.sql)", prepared: false)
                let lines = try await pool.query(explain, select.values, settings: TenantScope.system.settings).rows.map
                {
                    try $0.text(0)
                }
                let plan = lines.joined(separator: "\n")
                #expect(plan.contains("Index Cond"), "\(plan)")
                let removed = lines.compactMap { line in
                    line.contains("Rows Removed by Filter") ? line.split(separator: " ").last.flatMap { Int($0) } : nil
                }
                #expect(removed.allSatisfy { $0 < 200 }, "\(plan)")
            }
        }

        /// A list finds its rows without reading others.
        func checkReads(_ name: String, _ filter: Filter) async throws {
            let entity = try #require(catalog.entity(named: name))
            try await database.withPool(user: database.template.runtimeRole) { pool in
                let repository = EntityRepository(pool: pool, entity: entity, catalog: catalog)
                let select = try repository.selectStatement(filter, in: .system).statement
                let explain = PostgresStatement("EXPLAIN (ANALYZE) \(select.sql)", prepared: false)
                let lines = try await pool.query(explain, select.values, settings: TenantScope.system.settings).rows.map
                {
                    try $0.text(0)
                }
                let removed = lines.compactMap { line in
                    line.contains("Rows Removed by Filter") ? line.split(separator: " ").last.flatMap { Int($0) } : nil
                }
                #expect(removed.allSatisfy { $0 < 200 }, "\(lines.joined(separator: "\n"))")
            }
        }

        /// No plan reads a large table from end to end.
        func check(_ name: String, _ filter: Filter, in scope: TenantScope = .system) async throws {
            let entity = try #require(catalog.entity(named: name))
            try await database.withPool(user: database.template.runtimeRole) { pool in
                let repository = EntityRepository(pool: pool, entity: entity, catalog: catalog)
                let select = try repository.selectStatement(filter, in: scope).statement
                let explain = PostgresStatement("EXPLAIN \(select.sql)", prepared: false)
                let lines = try await pool.query(explain, select.values, settings: scope.settings).rows.map {
                    try $0.text(0)
                }
                // Catalogues of a handful of rows are read whole, and rightly so.
                let scans = lines.filter { line in
                    line.contains("Seq Scan")
                        && !["plans", "currencies", "billing_cycles", "addresses"].contains {
                            line.contains("on \($0) ")
                        }
                }
                let plan = lines.joined(separator: "\n")
                #expect(scans.isEmpty, "\(name) \(filter)\n\(plan)")
                // A list in an order is not sorted whole to show its beginning.
                if !filter.order.isEmpty { #expect(!plan.contains("Sort Key"), "\(name) \(filter)\n\(plan)") }
            }
        }
    }
}
