import JSONCoding
import PostgresClient
import TestSupport
import Testing

/// Databases of the original are taken over in place (contract 8, 15.10).
@Suite struct AdoptionTests {
    /// What migrations fill in, on purpose: the moment of the last change, where the original never wrote one.
    private func filled(_ tables: [String: [String: JSONObject]]) -> [String: [String: JSONObject]] {
        var tables = tables
        for table in ["contacts", "invoices"] {
            tables[table] = tables[table]?.mapValues { row in
                var row = row
                if row["modified_on"] == .null { row["modified_on"] = row["created_on"] }
                return row
            }
        }
        return tables
    }

    /// Takes a database over, twice, and checks that no value has changed.
    /// - Returns: The rows as they were before.
    private func adopt(_ original: OriginalDatabase) async throws -> [String: [String: JSONObject]] {
        let columns = try await original.columns()
        let before = filled(try await original.rows(columns))
        #expect(columns.count >= 9 && before.allSatisfy { $0.value.count >= 2 })
        let migrator = original.migrator()
        let report = try await migrator.check()
        #expect(report.adopts && report.obstacles.isEmpty && !report.isBlocked)
        #expect(report.pending.map(\.number) == original.database.kind.migrations.map(\.number))

        let applied = try await migrator.up()
        #expect(applied.map(\.number) == original.database.kind.migrations.map(\.number))
        #expect(try await original.rows(columns) == before)
        let states = try await migrator.status()
        #expect(states.filter(\.isAdopted).map(\.number) == [1])
        #expect(
            states.allSatisfy { state in
                if case .applied = state.status { true } else { false }
            })

        let definitions = try await original.definitions()
        #expect(try await migrator.up().isEmpty)
        let again = try await migrator.check()
        #expect(!again.adopts && again.pending.isEmpty && again.findings.isEmpty)
        #expect(try await original.definitions() == definitions)
        #expect(try await original.rows(columns) == before)
        return before
    }

    @Test func tenantManagementIsTakenOver() async throws {
        try await OriginalDatabase.with(.tenantManagement) { original in
            let rows = try await adopt(original)
            #expect(try await original.database.count("SELECT max(row_version) FROM main.contacts") == 1)
            try await TestStack.run([.tenantManagement], environment: ["DB_DATABASE": original.database.name]) {
                stack in
                for entity in [
                    AdoptedEntity(table: "tenants", path: "/tenants", change: ["name": "Changed"]),
                    AdoptedEntity(
                        table: "contacts", path: "/contacts", renamed: ["contact_type": "type"],
                        change: ["lastName": "Changed"]),
                    AdoptedEntity(table: "invoices", path: "/invoices", change: ["invoiceFile": "changed.pdf"]),
                    AdoptedEntity(
                        table: "tenant_mgmt_configs", path: "/tenant-configs", change: ["configKey": "changed"]),
                ] {
                    try await entity.expectReadable(
                        try #require(rows[entity.table]), stack.tenantManagement, token: stack.admin)
                }
                try await leads(try #require(rows["leads"]), stack)
                try await relations(rows, stack)
            }
        }
    }

    /// Leads are read only (contract 5.2): a change answers 405.
    private func leads(_ rows: [String: JSONObject], _ stack: TestStack) async throws {
        let entity = AdoptedEntity(table: "leads", path: "/leads", change: [:])
        for (id, row) in rows {
            let answer = try await stack.tenantManagement.get("/leads/\(id)", token: stack.admin)
            #expect(answer.status == (row["deleted"] == true ? 404 : 200))
            if answer.status == 200 { entity.expect(answer.json, shows: row) }
        }
        let count = try await stack.tenantManagement.get("/leads/count", token: stack.admin).expect(200)
        #expect(count.json["count"]?.intValue == rows.values.count { $0["deleted"] == false })
    }

    /// What has no path of its own comes with the tenants.
    private func relations(_ rows: [String: [String: JSONObject]], _ stack: TestStack) async throws {
        let filter: JSONValue = ["include": ["resources", "address"], "limit": 1000]
        let tenants =
            try await stack.tenantManagement.get("/tenants?\(filter.parameter())", token: stack.admin)
            .expect(200).json.arrayValue ?? []
        let resources = AdoptedEntity(table: "resources", path: "", change: [:])
        let addresses = AdoptedEntity(table: "addresses", path: "", change: [:])
        var shown: Set<String> = []
        for tenant in tenants {
            for resource in tenant["resources"]?.arrayValue ?? [] {
                let id = try #require(resource["id"]?.stringValue)
                shown.insert(id)
                resources.expect(resource, shows: try #require(rows["resources"]?[id]))
            }
            if let address = tenant["address"], let id = address["id"]?.stringValue {
                shown.insert(id)
                addresses.expect(address, shows: try #require(rows["addresses"]?[id]))
            }
        }
        #expect(shown.count > 30)
    }

    @Test func theSubscriptionDatabaseIsTakenOver() async throws {
        try await OriginalDatabase.with(.subscription) { original in
            let report = try await original.migrator().check()
            #expect(
                report.findings.map(\.rule.name) == [
                    "currencies_code_form", "billing_cycles_unit_known", "billing_customer_tenant_is_id",
                    "subscriptions_dates_are_dates", "plans_price_range", "subscriptions_status_known",
                    "subscriptions_dates_ordered",
                ], "warnings do not stop")
            func ids(_ rules: String...) throws -> Set<String> {
                Set(
                    try report.findings.filter { rules.contains($0.rule.name) }.flatMap(\.rows).compactMap {
                        try JSONValue.parse(Array($0.utf8))["id"]?.stringValue
                    })
            }
            let rows = try await adopt(original)
            try await TestStack.run([.subscription], environment: ["DB_DATABASE": original.database.name]) { stack in
                let hidden: [String: String?] = [
                    "deleted": nil, "deleted_on": nil, "deleted_by": nil, "created_on": nil, "modified_on": nil,
                    "created_by": nil, "modified_by": nil,
                ]
                for entity in [
                    AdoptedEntity(
                        table: "currencies", path: "/currencies", renamed: hidden, change: ["symbol": "¤"]),
                    AdoptedEntity(table: "billing_cycles", path: "/billing-cycles", change: ["description": "Changed"]),
                    AdoptedEntity(table: "plan_sizes", path: "/plan-sizes", change: ["config": ["cpu": 1]]),
                    AdoptedEntity(
                        table: "plans", path: "/plans", change: ["description": "Changed"],
                        frozen: try ids("plans_price_range")),
                    AdoptedEntity(table: "resources", path: "/resources", change: ["name": "Changed"]),
                    AdoptedEntity(table: "services", path: "/services", change: ["name": "Changed"]),
                    AdoptedEntity(
                        table: "subscriptions", path: "/subscriptions",
                        change: ["planId": .string(try #require(rows["plans"]?.keys.first))],
                        frozen: try ids("subscriptions_status_known", "subscriptions_dates_ordered")),
                ] {
                    try await entity.expectReadable(
                        try #require(rows[entity.table]), stack.subscription, token: stack.admin)
                }
                try await invoices(rows, stack)
                for path in ["/subscriptions/expire-soon", "/subscriptions/expired?days=99999"] {
                    try await stack.subscription.get(path, token: stack.admin).expect(200)
                }
            }
        }
    }

    /// An old invoice is found by its subscription, with the provider's id.
    private func invoices(_ rows: [String: [String: JSONObject]], _ stack: TestStack) async throws {
        let entity = AdoptedEntity(table: "invoice", path: "", change: [:])
        for (id, subscription) in try #require(rows["subscriptions"]) where subscription["deleted"] == false {
            let invoice = try #require(rows["invoice"]?[subscription["invoice_id"]?.stringValue ?? ""])
            let answer = try await stack.subscription.get("/subscriptions/\(id)/invoice", token: stack.admin)
            #expect(answer.status == (invoice["deleted"] == true ? 404 : 200))
            if answer.status == 200 { entity.expect(answer.json, shows: invoice) }
        }
    }

    // MARK: Rows that stand against it

    private func expectRefused(
        _ original: OriginalDatabase, _ rules: [String: Int], byHand: [String: String] = [:]
    ) async throws {
        let columns = try await original.columns()
        let before = try await original.rows(columns)
        let definitions = try await original.definitions()
        let migrator = original.migrator()
        let report = try await migrator.check()
        let stopping = report.findings.filter { $0.rule.effect == .stops }
        #expect(report.isBlocked && report.obstacles.isEmpty)
        #expect(Dictionary(uniqueKeysWithValues: stopping.map { ($0.rule.name, $0.count) }) == rules)
        for finding in stopping {
            #expect(finding.rows.count == min(finding.count, MigrationReport.shownRows))
            for row in finding.rows { #expect(try JSONValue.parse(Array(row.utf8)).objectValue != nil) }
        }
        for dryRun in [true, false] {
            let error = await #expect(throws: MigrationError.self) { _ = try await migrator.up(dryRun: dryRun) }
            #expect(error?.kind == .refused && error?.report == report)
        }
        #expect(try await original.rows(columns) == before)
        #expect(try await original.definitions() == definitions)
        #expect(try await migrator.status().allSatisfy { $0.status == .pending })

        try await original.database.withPool(user: OriginalDatabase.owner) { pool in
            for finding in stopping {
                let sql = try #require(finding.rule.repair ?? byHand[finding.rule.name])
                _ = try await pool.query(PostgresStatement(sql, prepared: false))
            }
        }
        #expect(try await !migrator.check().isBlocked)
        let repaired = filled(try await original.rows(columns))
        #expect(repaired.mapValues(\.count) == before.mapValues(\.count), "a repair removes no row")
        _ = try await migrator.up()
        #expect(try await original.rows(columns) == repaired)
    }

    @Test func tenantManagementWithBrokenRulesIsRefusedThenRepaired() async throws {
        try await OriginalDatabase.with(.tenantManagement, broken: true) { original in
            try await expectRefused(original, ["idx_tenant_lead": 5, "idx_lead_validated_email": 32])
            let kept = try await original.database.texts(
                "SELECT email FROM main.leads WHERE is_validated AND lower(email) = 'double@example.com'")
            #expect(kept == ["double@example.COM"], "the one with a tenant")
            #expect(
                try await original.database.count(
                    "SELECT count(*) FROM main.tenants WHERE lead_id IS NOT NULL AND key LIKE 'twin%'")
                    == 0, "the older tenants keep their leads")
        }
    }

    @Test func theSubscriptionDatabaseWithBrokenRulesIsRefusedThenRepaired() async throws {
        try await OriginalDatabase.with(.subscription, broken: true) { original in
            try await expectRefused(
                original,
                [
                    "idx_billing_customer_tenant": 5, "idx_features_key": 33, "indexed_texts_fit": 1,
                    "views_on_plan_price": 1,
                ],
                byHand: [
                    "indexed_texts_fit": "UPDATE main.features SET key = left(key, 100) WHERE octet_length(key) > 2000",
                    "views_on_plan_price": "DROP VIEW main.price_list",
                ])
            let kept = try await original.database.texts(
                "SELECT customer_id FROM main.billing_customer WHERE customer_id LIKE 'cus_double%' AND NOT deleted")
            #expect(kept == ["cus_double_4"], "of those without invoices the newest")
        }
    }

    @Test func theWayBackLeavesTheOriginal() async throws {
        for kind in [TestDatabase.Kind.tenantManagement, .subscription] {
            try await OriginalDatabase.with(kind) { original in
                let columns = try await original.columns()
                let before = filled(try await original.rows(columns))
                let definitions = try await original.definitions()
                let migrator = original.migrator()
                _ = try await migrator.up()
                _ = try await migrator.down(to: 0)
                #expect(try await original.rows(columns) == before)
                #expect(try await original.definitions() == definitions)
                #expect(try await migrator.check().adopts)
                #expect(try await migrator.up().map(\.number) == kind.migrations.map(\.number))
                #expect(try await original.rows(columns) == before)
            }
        }
    }
}
