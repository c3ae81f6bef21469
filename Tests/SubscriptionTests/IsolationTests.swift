import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import Testing

@testable import Subscription

extension ServiceTests {
    @Suite struct Isolation {
        @Test func `a tenant reads and changes its own rows only`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let own = try await service.subscription(TestService.tenantA, to: plan)
                let foreign = try await service.subscription(TestService.tenantB, to: plan, status: 1)
                let before = try await service.send("GET", "/subscriptions/\(foreign)").json
                let token = try await service.token(tenant: TestService.tenantA)

                let list = try await service.send("GET", "/subscriptions", token: token)
                #expect(list.json.arrayValue?.compactMap { $0["id"]?.stringValue } == [own])
                #expect(try await service.send("GET", "/subscriptions/count", token: token).json["count"] == 1)
                let byPlan = try await service.send("GET", "/plans/\(plan)/subscriptions", token: token)
                #expect(byPlan.json.arrayValue?.compactMap { $0["id"]?.stringValue } == [own])

                let path = "/subscriptions/\(foreign)"
                for response in [
                    try await service.send("GET", path, token: token),
                    try await service.send("GET", path + "/invoice", token: token),
                    try await service.subscribe(TestService.tenantB, to: plan, token: token),
                ] {
                    #expect(response.status == 404)
                    #expect(!response.text.contains(TestService.tenantB.description) || response.text.contains("Key"))
                }
                #expect(try await service.send("GET", path).json == before)
                #expect(try await service.subscribe(TestService.tenantA, to: plan, token: token).status == 201)
            }
        }

        @Test func `a tenant's user does not decide what a subscription is`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let own = try await service.subscription(TestService.tenantA, to: plan)
                let foreign = try await service.subscription(TestService.tenantB, to: plan)
                let before = try await service.send("GET", "/subscriptions").json
                let token = try await service.token(tenant: TestService.tenantA)
                for id in [own, foreign] {
                    for change: JSONValue in [
                        ["status": 1], ["status": 3], ["endDate": "2099-01-01"], ["startDate": "2020-01-01"],
                        ["planId": .string(plan)], ["invoiceId": .identifier(.v4())],
                        ["subscriberId": .identifier(TestService.tenantB)], [:],
                    ] {
                        let answer = try await service.send("PATCH", "/subscriptions/\(id)", change, token: token)
                        #expect(answer.status == 403, "\(change): \(answer.text)")
                    }
                    #expect(try await service.send("DELETE", "/subscriptions/\(id)", token: token).status == 403)
                    let row = try await service.send("GET", "/subscriptions/\(id)").json
                    let whole: JSONValue = [
                        "subscriberId": row["subscriberId"] ?? .null, "planId": .string(plan), "status": 1,
                        "startDate": "2026-02-01", "endDate": "2099-03-01", "invoiceId": row["invoiceId"] ?? .null,
                    ]
                    #expect(try await service.send("PUT", "/subscriptions/\(id)", whole, token: token).status == 403)
                }
                let bulk = try await service.send(
                    "PATCH", "/subscriptions?where={}".escaped, ["status": 1], token: token)
                #expect(bulk.status == 403)
                #expect(try await service.send("GET", "/subscriptions").json == before)

                let active = try await service.subscribe(TestService.tenantA, to: plan, status: 1, token: token)
                #expect(active.status == 403 && active.json["error"]?["details"]?[0]?["path"] == "/status")
                let invoice = try await service.send("GET", "/subscriptions/\(own)").json["invoiceId"] ?? .null
                let named = try await service.send(
                    "POST", "/subscriptions",
                    [
                        "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 0,
                        "invoiceId": invoice,
                    ], token: token)
                #expect(named.status == 403 && named.json["error"]?["details"]?[0]?["path"] == "/invoiceId")
            }
        }

        @Test func `a relation is shown to those who may view its entity`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let id = try await service.subscription(to: plan)
                for (permissions, status) in [(["7004"], 403), (["7004", "7008"], 200)] {
                    let token = try await service.token(permissions: permissions)
                    for path in ["/subscriptions", "/subscriptions/\(id)"] {
                        let answer = try await service.send(
                            "GET", "\(path)?filter={\"include\":[\"plan\"]}".escaped, token: token)
                        #expect(answer.status == status, "\(path): \(answer.text)")
                    }
                }
                let nested = try await service.send(
                    "GET",
                    "/subscriptions?filter={\"include\":[{\"relation\":\"plan\",\"scope\":{\"include\":[\"currency\"]}}]}"
                        .escaped, token: try await service.token(permissions: ["7004", "7008"]))
                #expect(nested.status == 403, "\(nested.text)")
                #expect(
                    try await service.send(
                        "GET", "/plans/\(plan)/subscriptions", token: try await service.token(permissions: ["7008"])
                    ).status == 403)
            }
        }

        @Test func `a tenant reads the catalog and changes nothing in it`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let token = try await service.token(tenant: TestService.tenantA)
                #expect(try await service.send("GET", "/plans/\(plan)", token: token).status == 200)
                let included = try await service.send(
                    "GET", "/plans/\(plan)?filter={\"include\":[\"currency\",\"billingCycle\"]}".escaped, token: token)
                #expect(included.json["currency"]?["currencyCode"] == "USD")
                #expect(included.json["billingCycle"]?["cycleName"] == "MONTHLY")
                #expect(try await service.send("PATCH", "/plans/\(plan)", ["price": 0], token: token).status == 403)
                #expect(try await service.send("DELETE", "/plans/\(plan)", token: token).status == 403)
                #expect(try await service.send("POST", "/services", ["name": "x"], token: token).status == 403)
                #expect(
                    try await service.send(
                        "PATCH", "/currencies?where={}".escaped, ["symbol": "x"], token: token
                    ).status == 403)
                #expect(try await service.send("GET", "/plans/\(plan)").json["price"] == 50)
            }
        }

        @Test func `the database shows the runtime role nothing without a tenant`() async throws {
            try await TestService.run { service in
                _ = try await service.subscription(to: try await service.plan())
                for table in ["subscriptions", "invoice", "invoice_lines", "plans", "currencies", "billing_customer"] {
                    let rows = try await service.database.query(
                        """
                        SELECT count(*) FROM pg_policies WHERE schemaname = 'main' AND tablename = $1
                        """, [.text(table)])
                    #expect(try #require(rows.first).int64(0) > 0, "\(table)")
                }
                let visible = try await service.database.asRuntimeRole(
                    "SELECT (SELECT count(*) FROM main.subscriptions) + (SELECT count(*) FROM main.invoice)"
                        + " + (SELECT count(*) FROM main.invoice_lines) + (SELECT count(*) FROM main.plans)")
                #expect(visible == 0)
            }
        }

        @Test func `permissions are those of the contract`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let id = try await service.subscription(to: plan)
                let cases: [(String, String, String)] = [
                    ("GET", "/plans", "7008"), ("GET", "/plans/\(plan)", "7008"), ("GET", "/plans/count", "7008"),
                    ("GET", "/plans/\(plan)/subscriptions", "7004"),
                    ("GET", "/plan-sizes", "7029"), ("GET", "/currencies", "7028"), ("GET", "/billing-cycles", "7024"),
                    ("GET", "/resources", "7016"), ("GET", "/services", "7020"), ("GET", "/subscriptions", "7004"),
                    ("GET", "/subscriptions/\(id)", "7004"), ("GET", "/subscriptions/\(id)/invoice", "7004"),
                    ("GET", "/subscriptions/expire-soon", "7004"), ("GET", "/subscriptions/expired", "7004"),
                ]
                for (method, path, permission) in cases {
                    let with = try await service.token(permissions: [permission])
                    #expect(try await service.send(method, path, token: with).status == 200, "\(path)")
                    let without = try await service.token(permissions: ["7001"])
                    #expect(try await service.send(method, path, token: without).status == 403, "\(path)")
                    #expect(try await service.send(method, path, token: "").status == 401, "\(path)")
                }
            }
        }
    }
}

extension TestDatabase {
    /// The only value of a query that counts something, as the role that the service runs as; without a tenant unless
    /// one is given.
    func asRuntimeRole(_ sql: String, tenant: Identifier? = nil) async throws -> Int {
        let settings = tenant.map { [PostgresSetting("app.tenant_id", $0.description)] } ?? []
        return try await withPool(user: template.runtimeRole) { pool in
            let result = try await pool.query(PostgresStatement(sql, prepared: false), settings: settings)
            return try #require(result.first).int(0)
        }
    }
}
