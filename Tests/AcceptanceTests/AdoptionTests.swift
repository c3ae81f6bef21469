import JSONCoding
import Migrations
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

/// Databases of the original are adopted in place (docs/contract/arc-api.md 8, 15.10).
@Suite struct AdoptionTests {
    /// Takes a database over, twice, and checks that no value has changed.
    /// - Returns: The rows as they were before.
    private func adopt(_ original: OriginalDatabase) async throws -> [String: [String: JSONObject]] {
        let columns = try await original.columns()
        let before = AdoptedRows.migrated(try await original.rows(columns))
        #expect(columns.count >= 9 && before.allSatisfy { $0.value.count >= 2 })
        let migrator = original.migrator()
        let report = try await migrator.check()
        #expect(report.adopts && report.differences.isEmpty && !report.isBlocked)
        #expect(report.pending.map(\.number) == original.database.template.migrations.map(\.number))

        let applied = try await migrator.up()
        #expect(applied.map(\.number) == original.database.template.migrations.map(\.number))
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

    @Test func `the tenant management database is adopted`() async throws {
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

    /// Leads are read only (docs/contract/arc-api.md 5.2): a change answers 405.
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

    /// Rows without their own path come with the tenants.
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

    @Test func `the subscription database is adopted`() async throws {
        try await OriginalDatabase.with(.subscription) { original in
            let report = try await original.migrator().check()
            #expect(
                report.findings.map(\.check.name) == [
                    "currencies_code_form", "billing_cycles_unit_known", "billing_customer_tenant_is_id",
                    "subscriptions_dates_are_dates", "plans_price_range", "subscriptions_status_known",
                    "subscriptions_dates_ordered",
                ], "warnings do not stop")
            func ids(_ rules: String...) throws -> Set<String> {
                Set(
                    try report.findings.filter { rules.contains($0.check.name) }.flatMap(\.rows).compactMap {
                        try JSONValue.parse(Array($0.utf8))["id"]?.stringValue
                    })
            }
            let rows = try await adopt(original)
            // Rows that are long over would be marked as expired before they are looked at.
            let environment = ["DB_DATABASE": original.database.name, "SUBSCRIPTION_EXPIRY_INTERVAL_SECONDS": "0"]
            try await TestStack.run([.subscription], environment: environment) { stack in
                try await includedRows(rows, stack)
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
                    AdoptedEntity(table: "features", path: "/features", change: ["description": "Changed"]),
                    AdoptedEntity(table: "strategies", path: "/strategies", change: ["name": "Changed"]),
                    AdoptedEntity(table: "feature_values", path: "/feature-values", change: ["value": "Changed"]),
                ] {
                    try await entity.expectReadable(
                        try #require(rows[entity.table]), stack.subscription, token: stack.admin)
                }
                try await invoices(rows, stack)
                try await customers(rows, stack)
                try await planFeatures(rows, stack)
                for path in ["/subscriptions/expire-soon", "/subscriptions/expired?days=99999"] {
                    try await stack.subscription.get(path, token: stack.admin).expect(200)
                }
            }
        }
    }

    /// An old customer is found by each of its ids, with its invoices; what its provider knows of it, we do not.
    private func customers(_ rows: [String: [String: JSONObject]], _ stack: TestStack) async throws {
        let entity = AdoptedEntity(table: "billing_customer", path: "", change: [:])
        let client = stack.subscription
        for (id, customer) in try #require(rows["billing_customer"]) {
            let invoices = try #require(rows["invoice"]).filter {
                $0.value["billing_customer_id"]?.stringValue == id && $0.value["deleted"] == false
            }
            let filter: JSONValue = ["where": ["id": .string(id)], "include": [["relation": "invoices"]]]
            let answer = try await client.get("/billing-customer?\(filter.parameter())", token: stack.admin)
            #expect(answer.status == (customer["deleted"] == true ? 404 : 200))
            for (invoiceID, invoice) in invoices {
                for path in [invoiceID, invoice["invoice_id"]?.stringValue ?? ""] {
                    let read = try await client.get("/billing-invoice/\(path)", token: stack.admin).expect(200).json
                    #expect(read["charges"] == [])
                    guard path == invoiceID else { continue }
                    #expect(read["status"]?.stringValue == invoice["invoice_status"]?.stringValue)
                    let provider = customer["deleted"] == true ? nil : customer["customer_id"]
                    #expect(read["customerId"] == provider)
                }
            }
            guard answer.status == 200, let info = answer.json["info"] else { continue }
            #expect(answer.json["customerDetails"] == ["id": customer["customer_id"] ?? .null])
            entity.expect(info, shows: customer)
            #expect(Set(info["invoices"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []) == Set(invoices.keys))
        }
        let old = try #require(rows["billing_customer"]?.values.first { $0["deleted"] == false })
        let customerID = try #require(old["customer_id"]?.stringValue)
        try await client.patch("/billing-customer/\(customerID)", ["company": "Changed"], token: stack.admin)
            .expect(204)
        let invoice = try await client.post(
            "/billing-invoice",
            [
                "customerId": .string(customerID), "currencyCode": "USD",
                "charges": [["amount": 100, "description": "New"]],
            ], token: stack.admin
        ).expect(201).string("id")
        try await client.post("/billing-invoice/\(invoice)/payments", [:], token: stack.admin).expect(204)
    }

    /// A row looks the same when it is included in another one, whatever it contains.
    private func includedRows(_ rows: [String: [String: JSONObject]], _ stack: TestStack) async throws {
        let client = stack.subscription
        let filter: JSONValue = [
            "limit": 1000,
            "include": [
                "invoice", ["relation": "plan", "scope": ["include": ["currency", "billingCycle"]]],
            ],
        ]
        let listed = try await client.get("/subscriptions?\(filter.parameter())", token: stack.admin).expect(200)
        var alone: [String: JSONValue] = [:]
        for path in ["/plans", "/currencies", "/billing-cycles"] {
            let all: JSONValue = ["limit": 1000]
            for row in try await client.get("\(path)?\(all.parameter())", token: stack.admin).json.arrayValue ?? [] {
                alone[row["id"]?.stringValue ?? ""] = row
            }
        }
        var shown: Set<String> = []
        func expectSame(_ included: JSONValue?) throws {
            guard var members = included?.objectValue else { return }
            for name in ["currency", "billingCycle"] {
                try expectSame(members[name])
                members[name] = nil
            }
            let id = try #require(members["id"]?.stringValue)
            #expect(.object(members) == alone[id])
            shown.insert(id)
        }
        for subscription in listed.json.arrayValue ?? [] { try expectSame(subscription["plan"]) }
        #expect(shown.count > 25)
        let odd = try #require(rows["plans"]).filter {
            $0.value["price"] == "NaN" || ($0.value["price"]?.doubleValue ?? 0) < 0
        }
        #expect(odd.count == 2 && shown.isSuperset(of: odd.keys))
    }

    /// Values name features by their keys or ids.
    private func planFeatures(_ rows: [String: [String: JSONObject]], _ stack: TestStack) async throws {
        let features = try #require(rows["features"]).count { $0.value["deleted"] == false }
        var values = 0
        for (id, plan) in try #require(rows["plans"]) where plan["deleted"] == false {
            let answer = try await stack.subscription.get("/plans/\(id)/features", token: stack.admin).expect(200)
            let shown = answer.json["features"]?.arrayValue ?? []
            #expect(shown.count == features)
            values += shown.count { $0["value"]?["strategyEntityId"]?.stringValue == id }
        }
        #expect(values > 0, "some plans have values of their own")
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

    @Test func `reverting leaves the original database`() async throws {
        for kind in [DatabaseTemplate.tenantManagement, .subscription] {
            try await OriginalDatabase.with(kind) { original in
                let columns = try await original.columns()
                let before = try await original.rows(columns)
                let definitions = try await original.definitions()
                let migrator = original.migrator()
                _ = try await migrator.up()
                _ = try await migrator.down(to: 0)
                #expect(try await original.rows(columns) == AdoptedRows.migrated(before, isBack: true))
                #expect(try await original.definitions() == definitions)
                #expect(try await migrator.check().adopts)
                #expect(try await migrator.up().map(\.number) == kind.migrations.map(\.number))
                #expect(try await original.rows(columns) == AdoptedRows.migrated(before))
            }
        }
    }

    /// The original uses it and never seeds it; a second one would be one too many.
    @Test func `the strategy of plans exists once`() async throws {
        for isThere in [true, false] {
            try await OriginalDatabase.with(.subscription) { original in
                let database = original.database
                if !isThere {
                    try await database.query("UPDATE main.strategies SET deleted = true WHERE key = 'Plan'")
                }
                let ids = try await database.texts("SELECT id::text FROM main.strategies ORDER BY 1")
                let migrator = original.migrator()
                _ = try await migrator.up()
                let live = "SELECT id::text FROM main.strategies WHERE key = 'Plan' AND NOT deleted"
                let strategy = try await database.texts(live)
                #expect(strategy.count == 1 && ids.contains(strategy[0]) == isThere)
                _ = try await migrator.down(to: 0)
                _ = try await migrator.up()
                #expect(try await database.texts(live) == strategy, "it stays on the way back")
                let all = try await database.texts("SELECT id::text FROM main.strategies ORDER BY 1")
                #expect(Set(all) == Set(ids).union(strategy))
            }
        }
    }
}
