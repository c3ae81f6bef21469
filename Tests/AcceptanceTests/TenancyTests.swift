import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

/// Tenants see nothing of each other, whatever they ask for and in whatever way.
@Suite struct TenancyTests {
    @Test func `lists and counts contain the tenant's own rows only`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let two = try await TwoTenants.make(stack)
            for (path, id) in two.ownRows {
                let client = two.client(path)
                let list = try await client.get(path, token: two.token).expect(200)
                #expect(list.json.arrayValue?.contains { $0["id"]?.stringValue == id } == true, "\(path)")
                #expect(!two.reveals(list), "\(path): \(list.text)")
                let count = try await client.get("\(path)/count", token: two.token).expect(200)
                #expect(count.json["count"]?.intValue == list.json.arrayValue?.count, "\(path)")
                let filters: [JSONValue] = [
                    ["where": ["id": .string(two.otherRows[path] ?? "")]],
                    ["where": ["or": [["id": .string(two.otherRows[path] ?? "")], ["deleted": true]]]],
                    ["where": ["or": [["id": ["neq": .string(id)]], ["id": .string(id)]]]],
                    ["where": ["id": ["nin": [.string(id)]]], "limit": 100],
                    ["include": include(path)], ["include": include(path), "where": ["id": ["neq": .null]]],
                ]
                for filter in filters {
                    let answer = try await client.get("\(path)?\(filter.parameter())", token: two.token).expect(200)
                    #expect(!two.reveals(answer, besides: "\(filter)"), "\(path) \(filter): \(answer.text)")
                    #expect(!two.reveals(answer) || answer.json.arrayValue?.isEmpty == true)
                }
            }
        }
    }

    private func include(_ path: String) -> JSONValue {
        switch path {
        case "/tenants": ["contacts", "resources", "lead", "address"]
        case "/leads": [["relation": "tenant", "scope": ["include": ["contacts"]]], "address"]
        case "/subscriptions": ["plan", "invoice"]
        default: [["relation": "tenant", "scope": ["include": ["contacts", "lead"]]]]
        }
    }

    @Test func `rows of other tenants do not exist`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let two = try await TwoTenants.make(stack)
            let before = try await two.state()
            for (path, id) in two.otherRows {
                let client = two.client(path)
                let mine = try await client.get("\(path)/\(two.ownRows[path] ?? "")", token: two.token)
                #expect(mine.status == 200, "\(path)")
                let include: JSONValue = ["include": include(path)]
                for suffix in ["", "?\(include.parameter())"] {
                    let read = try await client.get("\(path)/\(id)\(suffix)", token: two.token)
                    #expect(read.status == 404 && read.message == "EntityNotFound", "\(path): \(read.text)")
                }
                guard path != "/leads" else { continue }
                let change: JSONValue =
                    switch path {
                    case "/tenants": ["name": "taken over"]
                    case "/contacts": ["lastName": "taken over"]
                    case "/invoices": ["amount": 1]
                    case "/subscriptions": ["status": 1]
                    default: ["configKey": "taken over"]
                    }
                // Only operators write these, whoever they belong to.
                let reserved = ["/tenant-configs", "/invoices", "/subscriptions"]
                #expect(
                    try await client.patch("\(path)/\(id)", change, token: two.token).status
                        == (reserved.contains(path) ? 403 : 404), "PATCH \(path)")
                #expect(
                    try await client.delete("\(path)/\(id)", token: two.token).status
                        == (reserved.contains(path) || path == "/tenants" ? 403 : 404), "DELETE \(path)")
                var full = mine.json
                for name in [
                    "deleted", "deletedOn", "deletedBy", "createdOn", "modifiedOn", "createdBy", "modifiedBy", "id",
                ] { full.remove(name) }
                if path == "/tenants" { full = ["name": "x"] }
                let put = try await client.put("\(path)/\(id)", full, token: two.token)
                #expect([404, 403, 422].contains(put.status), "PUT \(path): \(put.status) \(put.text)")
            }
            let provision = try await stack.tenantManagement.post(
                "/tenants/\(two.other)/provision", ["id": "1", "plan": ["tier": "BASIC"]], token: two.token)
            #expect([404, 403].contains(provision.status))
            let invoice = try await stack.subscription.get(
                "/subscriptions/\(two.otherRows["/subscriptions"] ?? "")/invoice", token: two.token)
            #expect(invoice.status == 404)
            #expect(try await two.state() == before, "B has not changed")
        }
    }

    @Test func `bulk changes reach the tenant's own rows only`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let two = try await TwoTenants.make(stack)
            let before = try await two.state()
            let everything: JSONValue = [:]
            let foreign: JSONValue = ["id": ["neq": .string(two.own)]]
            let changes: [(String, JSONValue)] = [
                ("/contacts", ["lastName": "changed"]), ("/invoices", ["amount": 7]),
                ("/tenant-configs", ["configKey": "changed"]),
                ("/tenants", ["name": "changed"]), ("/subscriptions", ["status": 2]),
            ]
            for (path, change) in changes {
                for condition in [everything, foreign] {
                    let answer = try await two.client(path).send(
                        "PATCH", "\(path)?\(condition.parameter("where"))", change, token: two.token)
                    #expect([200, 403].contains(answer.status), "\(path): \(answer.text)")
                }
            }
            #expect(try await two.state() == before)
        }
    }

    @Test func `rows can be neither given to nor taken from another tenant`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let two = try await TwoTenants.make(stack)
            let before = try await two.state()
            let management = stack.tenantManagement
            let creations: [(String, JSONValue)] = [
                (
                    "/contacts",
                    [
                        "firstName": "a", "lastName": "b", "email": "a@b.com", "isPrimary": true,
                        "tenantId": .string(two.other),
                    ]
                ),
                (
                    "/invoices",
                    [
                        "startDate": "2026-01-01", "endDate": "2026-01-31", "dueDate": "2026-02-15", "amount": 1,
                        "currencyCode": "USD", "status": 0, "tenantId": .string(two.other),
                    ]
                ),
                ("/tenant-configs", ["configKey": "a", "configValue": [:], "tenantId": .string(two.other)]),
            ]
            for (path, body) in creations {
                let created = try await management.post(path, body, token: two.token)
                #expect((400..<500).contains(created.status), "\(path): \(created.status) \(created.text)")
                let moved = try await management.patch(
                    "\(path)/\(two.ownRows[path] ?? "")", ["tenantId": .string(two.other)], token: two.token)
                #expect((400..<500).contains(moved.status), "PATCH \(path): \(moved.status) \(moved.text)")
            }
            let plan = try await stack.plan(tier: "PREMIUM")
            let subscribed = try await stack.subscription.post(
                "/subscriptions", ["subscriberId": .string(two.other), "planId": .string(plan), "status": 1],
                token: two.token)
            #expect((400..<500).contains(subscribed.status))
            let moved = try await stack.subscription.patch(
                "/subscriptions/\(two.ownRows["/subscriptions"] ?? "")", ["subscriberId": .string(two.other)],
                token: two.token)
            #expect((400..<500).contains(moved.status), "\(moved.status) \(moved.text)")
            let addresses = try await stack.database(.tenantManagement).texts(
                "SELECT address_id::text FROM main.tenants WHERE id = $1::uuid", [.text(two.other)])
            for change: JSONValue in [
                ["leadId": .string(two.otherRows["/leads"] ?? "")], ["addressId": .string(addresses[0])], ["status": 0],
                ["key": "stolen"],
            ] {
                let answer = try await management.patch("/tenants/\(two.own)", change, token: two.token)
                #expect((400..<500).contains(answer.status), "\(change): \(answer.status)")
            }
            #expect(
                try await management.post("/tenants", .object(TestStack.tenantBody()), token: two.token).status == 403)
            #expect(try await two.state() == before)
        }
    }

    @Test func `only operators change the catalog`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let tenant = try await stack.createTenantID()
            let token = try await stack.tokens.userToken(tenant: tenant)
            let plan = try await stack.plan(tier: "STANDARD")
            try await stack.subscription.get("/plans/\(plan)", token: token).expect(200)
            try await stack.subscription.patch("/plans/\(plan)", ["price": 0], token: token).expect(403)
            try await stack.subscription.delete("/plans/\(plan)", token: token).expect(403)
            let everything: JSONValue = [:]
            for path in ["/plans", "/currencies", "/billing-cycles", "/plan-sizes", "/services", "/resources"] {
                let change: JSONValue =
                    path == "/currencies"
                    ? ["symbol": "x"]
                    : path == "/billing-cycles"
                        ? ["duration": 2] : path == "/plan-sizes" ? ["size": "x"] : ["name": "x"]
                let answer = try await stack.subscription.patch(
                    "\(path)?\(everything.parameter("where"))", change, token: token)
                #expect(answer.status == 403, "\(path): \(answer.status)")
            }
        }
    }

    /// Authorization in code is one wall; this is the other.
    @Test func `the runtime roles read nothing without a tenant`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let two = try await TwoTenants.make(stack)
            for kind in [DatabaseTemplate.tenantManagement, .subscription] {
                let database = try stack.database(kind)
                let tables = try await database.texts(
                    """
                    SELECT relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                    WHERE n.nspname = 'main' AND c.relkind = 'r' AND c.relrowsecurity
                        AND has_table_privilege($1, c.oid, 'SELECT')
                    """, [.text(kind.runtimeRole)])
                #expect(tables.count >= 8, "\(tables)")
                for table in tables {
                    let count = PostgresStatement("SELECT count(*) FROM main.\(table)", prepared: false)
                    try await database.withPool(user: kind.runtimeRole) { pool in
                        let rows = try await pool.query(count).first?.int64(0)
                        #expect(rows == 0, "\(table) without app.tenant_id")
                        let empty = try await pool.query(count, [], settings: [PostgresSetting("app.tenant_id", "")])
                        #expect(try empty.first?.int64(0) == 0, "\(table) with an empty one")
                    }
                }
                let name = try await database.texts(
                    "SELECT rolname FROM pg_roles WHERE rolname = $1 AND NOT rolsuper AND NOT rolbypassrls",
                    [.text(kind.runtimeRole)])
                #expect(name == [kind.runtimeRole])
                let owned = try await database.count(
                    "SELECT count(*) FROM pg_tables WHERE schemaname = 'main' AND tableowner = $1",
                    [.text(kind.runtimeRole)])
                #expect(owned == 0)
            }
            try await stack.database(.tenantManagement).withPool(user: "tenant_mgmt_app") { pool in
                let settings = [PostgresSetting("app.tenant_id", two.own)]
                for table in ["tenants", "contacts", "invoices", "tenant_mgmt_configs"] {
                    let result = try await pool.query(
                        PostgresStatement("SELECT t::text FROM main.\(table) AS t", prepared: false), [],
                        settings: settings)
                    let rows = try result.rows.map { try $0.text(0) }
                    #expect(!rows.isEmpty && rows.allSatisfy { $0.contains(two.own) }, "\(table)")
                }
                await #expect(throws: PostgresError.self) {
                    try await pool.query(PostgresStatement("DROP TABLE main.contacts", prepared: false))
                }
            }
        }
    }
}
