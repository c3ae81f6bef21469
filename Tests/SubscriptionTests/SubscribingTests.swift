import JSONCoding
import MessageBus
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import Testing

@testable import Subscription

extension ServiceTests {
    @Suite struct Subscribing {
        @Test func `subscribing stores subscription, invoice and events and returns the subscription`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan(price: 150)
                let response = try await service.subscribe(to: plan, status: 1)
                #expect(response.status == 201)
                let id = try #require(response.json["id"]?.stringValue)
                #expect(response.location == "/subscriptions/\(id)")
                #expect(response.json["subscriberId"] == .identifier(TestService.tenantA))
                #expect(response.json["startDate"] == "2026-01-31")
                #expect(response.json["endDate"] == "2026-02-28")
                #expect(response.json["status"] == 1)
                #expect(response.json["billingAnchorDay"] == nil)
                #expect(try await service.send("GET", "/subscriptions/\(id)").json == response.json)
                #expect(
                    try await service.database.count(
                        "SELECT billing_anchor_day FROM main.subscriptions WHERE id::text = $1", [.text(id)]) == 31)

                let invoice = try await service.send("GET", "/subscriptions/\(id)/invoice")
                #expect(invoice.status == 200)
                #expect(invoice.json["id"] == response.json["invoiceId"])
                #expect(invoice.json["invoiceStatus"] == "draft")
                #expect(invoice.json["invoiceId"] == .null)
                #expect(invoice.json["subscriptionId"] == .string(id))
                #expect(invoice.json["tenantId"] == .identifier(TestService.tenantA))
                #expect(invoice.json["currencyCode"] == "USD")
                #expect(invoice.json["subtotal"] == 15_000)
                #expect(invoice.json["total"] == 15_000)
                #expect(invoice.json["periodStart"] == "2026-01-31")
                #expect(invoice.json["periodEnd"] == "2026-02-28")
                let lines = try #require(invoice.json["lines"]?.arrayValue)
                #expect(lines.count == 1)
                #expect(lines.first?["amount"] == 15_000)
                #expect(lines.first?["unitAmount"] == 15_000)
                #expect(lines.first?["quantity"] == 1)
                #expect(lines.first?["planId"] == .string(plan))
                #expect(try await service.events(EventType.subscriptionCreated, of: id) == 1)
                #expect(try await service.events(EventType.subscriptionActivated, of: id) == 1)
            }
        }

        @Test func `a pending subscription publishes no activation`() async throws {
            try await TestService.run { service in
                let id = try await service.subscription(to: try await service.plan())
                #expect(try await service.events(EventType.subscriptionCreated, of: id) == 1)
                #expect(try await service.events(EventType.subscriptionActivated, of: id) == 0)
            }
        }

        @Test func `the event contains the row and what provisioning needs of the plan`() async throws {
            try await TestService.run { service in
                _ = try await service.send("POST", "/plan-sizes", ["size": "XL", "config": ["nodes": 3]])
                let plan = try await service.plan(size: "XL", metaData: ["region": "eu"])
                let id = try await service.subscription(to: plan, status: 1)
                let result = try await service.database.query(
                    "SELECT data, tenant_id FROM main.outbox WHERE type = 'SUBSCRIPTION_ACTIVATED'")
                let row = try #require(result.first)
                let data = try JSONValue.parse(try row.json(0))
                #expect(data["tenantId"] == .identifier(TestService.tenantA))
                #expect(try row.identifier(1) == TestService.tenantA)
                let subscription = try #require(data["subscription"])
                #expect(subscription["id"] == .string(id))
                #expect(subscription["planId"] == .string(plan))
                #expect(subscription["endDate"] == "2026-02-28")
                #expect(subscription["status"] == 1)
                #expect(subscription["plan"]?["id"] == .string(plan))
                #expect(subscription["plan"]?["tier"] == "PREMIUM")
                #expect(subscription["plan"]?["size"] == "XL")
                #expect(subscription["plan"]?["sizeConfig"] == ["nodes": 3])
                #expect(subscription["plan"]?["metaData"] == ["region": "eu"])
            }
        }

        @Test(arguments: [
            ("MONTHLY", "2026-01-31T23:59:59.999Z", "2026-02-28"),
            ("MONTHLY", "2024-01-31T00:00:00.000Z", "2024-02-29"),
            ("QUARTERLY", "2026-01-31T10:00:00.000Z", "2026-04-30"),
            ("HALF_YEARLY", "2026-01-31T10:00:00.000Z", "2026-07-31"),
            ("YEARLY", "2024-02-29T10:00:00.000Z", "2025-02-28"), ("WEEKLY", "2026-01-31T10:00:00.000Z", "2026-02-07"),
        ])
        func `periods follow the calendar`(cycle: String, now: String, end: String) async throws {
            try await TestService.run(at: now) { service in
                let response = try await service.subscribe(to: try await service.plan(cycle: cycle))
                #expect(response.json["startDate"]?.stringValue == String(now.prefix(10)))
                #expect(response.json["endDate"]?.stringValue == end)
            }
        }

        @Test(arguments: [
            ("JPY", "1500", 1500), ("USD", "49.99", 4999), ("USD", "0.1", 10), ("EUR", "99999999.99", 9_999_999_999),
        ])
        func `amounts are exact`(currency: String, price: String, minorUnits: Int) async throws {
            try await TestService.run { service in
                let literal = JSONValue.number(try #require(JSONNumber(literal: price)))
                let plan = try await service.plan(price: literal, currency: currency)
                let id = try await service.subscription(to: plan)
                let invoice = try await service.send("GET", "/subscriptions/\(id)/invoice")
                #expect(invoice.json["total"]?.intValue == minorUnits)
                #expect(invoice.json["currencyCode"]?.stringValue == currency)
            }
        }

        @Test func `amounts with three decimals are exact too`() async throws {
            try await TestService.run { service in
                let currency = try await service.send(
                    "POST", "/currencies", ["currencyCode": "KWD", "currencyName": "Kuwaiti Dinar"])
                #expect(currency.status == 201)
                let price = JSONValue.number(try #require(JSONNumber(literal: "1.234")))
                let plan = try await service.plan(price: price, currency: "KWD")
                let id = try await service.subscription(to: plan)
                #expect(try await service.send("GET", "/subscriptions/\(id)/invoice").json["total"] == 1234)
            }
        }

        @Test func `a given invoice is used and none is drafted`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let invoice = JSONValue.string(try await service.invoice(try await service.customer()))
                func subscribe(_ tenant: Identifier, _ invoice: JSONValue) async throws -> TestResponse {
                    try await service.send(
                        "POST", "/subscriptions",
                        [
                            "subscriberId": .identifier(tenant), "planId": .string(plan), "status": 0,
                            "invoiceId": invoice,
                        ])
                }
                let second = try await subscribe(TestService.tenantA, invoice)
                #expect(second.status == 201)
                #expect(second.json["invoiceId"] == invoice)
                #expect(try await service.database.count("SELECT count(*) FROM main.invoice") == 1)
                // Neither one that does not exist nor another tenant's.
                for unknown in [.identifier(.v4()), "in_unknown"] as [JSONValue] {
                    #expect(try await subscribe(TestService.tenantA, unknown).status == 404)
                }
                #expect(try await subscribe(TestService.tenantB, invoice).status == 404)
                // One that backs a subscription backs no other one.
                let third = try await subscribe(TestService.tenantA, invoice)
                #expect(third.status == 409 && third.json["error"]?["code"] == "INVOICE_IN_USE", "\(third.text)")
                #expect(try await service.database.count("SELECT count(*) FROM main.subscriptions") == 1)
                let drafted = try await service.subscribe(to: plan)
                let taken = try await subscribe(TestService.tenantA, try #require(drafted.json["invoiceId"]))
                #expect(taken.status == 409, "\(taken.text)")
                // Who deletes the subscription frees the invoice.
                let path = "/subscriptions/\(try #require(second.json["id"]?.stringValue))"
                #expect(try await service.send("DELETE", path).status == 204)
                #expect(try await subscribe(TestService.tenantA, invoice).status == 201)
                // And gets it back only if nobody else has used it.
                let restored = try await service.send("POST", "\(path)/restore")
                #expect(
                    restored.status == 409 && restored.json["error"]?["code"] == "INVOICE_IN_USE", "\(restored.text)")
                #expect(try await service.send("GET", path).status == 404)
                #expect(try await service.send("POST", "/subscriptions/\(Identifier.v4())/restore").status == 404)
            }
        }

        @Test func `an invoice over another amount or in another currency backs no subscription`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan(price: 51)
                let customer = try await service.customer()
                for (amount, currency) in [(5000, "USD"), (5101, "USD"), (51, "USD"), (5100, "EUR"), (51, "JPY")] {
                    let invoice = try await service.invoice(customer, .integer(amount), currency: currency)
                    let answer = try await service.send(
                        "POST", "/subscriptions",
                        [
                            "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 1,
                            "invoiceId": .string(invoice),
                        ])
                    #expect(answer.status == 422 && answer.violations == ["/invoiceId: invoice"], "\(answer.text)")
                }
                #expect(try await service.database.count("SELECT count(*) FROM main.subscriptions") == 0)
            }
        }

        @Test func `of two who name one invoice at the same time one subscribes`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let invoice = try await service.invoice(try await service.customer())
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<6 {
                        group.addTask {
                            try await service.send(
                                "POST", "/subscriptions",
                                [
                                    "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan),
                                    "status": 0, "invoiceId": .string(invoice),
                                ]
                            ).status
                        }
                    }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }
                }
                #expect(statuses.sorted() == [201, 409, 409, 409, 409, 409])
            }
        }

        @Test func `of twenty concurrent requests as many succeed as the quota allows`() async throws {
            try await TestService.run(environment: ["SUBSCRIPTION_QUOTA": "7"]) { service in
                let plan = try await service.plan()
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<20 { group.addTask { try await service.subscribe(to: plan).status } }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }
                }
                #expect(statuses.filter { $0 == 201 }.count == 7)
                #expect(statuses.filter { $0 == 409 }.count == 13)
                #expect(try await service.database.count("SELECT count(*) FROM main.subscriptions") == 7)
                #expect(try await service.database.count("SELECT count(*) FROM main.invoice") == 7)
                #expect(try await service.database.count("SELECT count(*) FROM main.outbox") == 7)
                // The places are the tenant's own, and a cancelled subscription gives one back.
                #expect(try await service.subscribe(TestService.tenantB, to: plan).status == 201)
                let one = try await service.send("GET", "/subscriptions?filter[limit]=1&filter[where][status]=0")
                let id = try #require(one.json.arrayValue?.first?["id"]?.stringValue)
                let owner = try #require(
                    one.json.arrayValue?.first?["subscriberId"]?.stringValue.flatMap { Identifier($0) })
                #expect(owner == TestService.tenantA)
                #expect(try await service.send("PATCH", "/subscriptions/\(id)", ["status": 3]).status == 204)
                #expect(try await service.subscribe(to: plan).status == 201)
                let refused = try await service.subscribe(to: plan)
                #expect(refused.status == 409)
                #expect(refused.message.contains("more than 7 active or pending subscriptions"))
                // Nor does the cancelled one come back to life past the quota.
                let revived = try await service.send("PATCH", "/subscriptions/\(id)", ["status": 1])
                #expect(revived.status == 409)
                #expect(try await service.send("GET", "/subscriptions/\(id)").json["status"] == 3)
            }
        }

        @Test func `a plan can have its own limit`() async throws {
            try await TestService.run(environment: ["SUBSCRIPTION_QUOTA": "2"]) { service in
                let limited = try await service.plan(metaData: ["maxSubscriptionsPerTenant": 1])
                let generous = try await service.plan(metaData: ["maxSubscriptionsPerTenant": 3])
                #expect(try await service.subscribe(to: limited).status == 201)
                let refused = try await service.subscribe(to: limited)
                #expect(refused.status == 409)
                #expect(refused.message.contains("more than 1 active or pending subscriptions to this plan"))
                for _ in 0..<3 { #expect(try await service.subscribe(to: generous).status == 201) }
                #expect(try await service.subscribe(to: generous).status == 409)
            }
        }

        @Test func `a restored subscription counts toward its plan's own limit`() async throws {
            try await TestService.run(environment: ["SUBSCRIPTION_QUOTA": "5"]) { service in
                let limited = try await service.plan(metaData: ["maxSubscriptionsPerTenant": 1])
                let subscribed = try await service.subscribe(to: limited)
                let first = try #require(subscribed.json["id"]?.stringValue)
                #expect(try await service.send("DELETE", "/subscriptions/\(first)").status == 204)
                #expect(try await service.subscribe(to: limited).status == 201)
                let refused = try await service.send("POST", "/subscriptions/\(first)/restore")
                #expect(refused.status == 409)
                #expect(refused.message.contains("more than 1 active or pending subscriptions to this plan"))
            }
        }

        @Test func `when an invoice line fails nothing is stored`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                try await service.database.query(
                    "ALTER TABLE main.invoice_lines ADD CONSTRAINT no_lines CHECK (amount < 0)")
                let response = try await service.subscribe(to: plan, status: 1)
                #expect((400..<500).contains(response.status))
                for table in ["subscriptions", "invoice", "invoice_lines", "outbox"] {
                    #expect(try await service.database.count("SELECT count(*) FROM main.\(table)") == 0)
                }
            }
        }

        @Test func `invalid values are refused with the field`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let good: JSONObject = [
                    "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 0,
                ]
                func violations(_ name: String, _ value: JSONValue?) async throws -> [String] {
                    var body = good
                    body[name] = value
                    let response = try await service.send("POST", "/subscriptions", .object(body))
                    #expect(response.status == 422, "\(name): \(response.text)")
                    return response.violations
                }
                #expect(try await violations("subscriberId", nil) == [": required"])
                #expect(try await violations("subscriberId", "tenant") == ["/subscriberId: format"])
                #expect(try await violations("planId", nil) == [": required"])
                #expect(try await violations("planId", 7) == ["/planId: type"])
                #expect(try await violations("status", nil) == [": required"])
                #expect(try await violations("status", 2) == ["/status: enum"])
                #expect(try await violations("status", 9) == ["/status: enum"])
                #expect(try await violations("status", .null) == ["/status: type", "/status: enum"])
                #expect(try await violations("id", .identifier(.v4())) == [": additionalProperties"])
                #expect(try await violations("startDate", "2026-01-31") == [": additionalProperties"])
                #expect(try await violations("endDate", "2026-02-28") == [": additionalProperties"])
                #expect(try await violations("billingAnchorDay", 1) == [": additionalProperties"])
                #expect(try await violations("invoiceId", 7) == ["/invoiceId: type"])
                #expect(try await violations("invoiceId", "") == ["/invoiceId: minLength"])
                let unknown = try await service.subscribe(to: Identifier.v4().description)
                #expect(unknown.status == 404)
                #expect(unknown.message == "EntityNotFound")
                #expect(try await service.database.count("SELECT count(*) FROM main.subscriptions") == 0)
            }
        }

        @Test func `rows of the original that cannot be billed are refused with the reason`() async throws {
            try await TestService.run { service in
                try await service.database.query(
                    """
                    INSERT INTO main.plans (id, name, price, currency_id, billing_cycle_id, tier)
                    SELECT '00000000-0000-4000-8000-0000000000aa', 'Old', 10.50, c.id, b.id, 'BASIC'
                    FROM main.currencies AS c, main.billing_cycles AS b
                    WHERE c.currency_code = 'JPY' AND b.cycle_name = 'MONTHLY'
                    """)
                try await service.database.query(
                    """
                    WITH cycle AS (
                        INSERT INTO main.billing_cycles (cycle_name, duration, duration_unit)
                        VALUES ('ODD', 1, 'fortnight') RETURNING id)
                    INSERT INTO main.plans (id, name, price, currency_id, billing_cycle_id, tier)
                    SELECT '00000000-0000-4000-8000-0000000000ab', 'Old', 10, c.id, cycle.id, 'BASIC'
                    FROM main.currencies AS c, cycle WHERE c.currency_code = 'USD'
                    """)
                for (plan, reason) in [
                    ("00000000-0000-4000-8000-0000000000aa", "more decimals than the currency"),
                    ("00000000-0000-4000-8000-0000000000ab", "day, week, month or year"),
                ] {
                    let refused = try await service.subscribe(to: plan)
                    #expect(refused.status == 422)
                    #expect(refused.violations == ["/planId: plan"])
                    #expect(refused.text.contains(reason))
                }
                #expect(try await service.database.count("SELECT count(*) FROM main.subscriptions") == 0)
            }
        }

        @Test func `everything works without Redis`() async throws {
            try await TestService.run(environment: ["REDIS_PORT": "1"]) { service in
                let plan = try await service.plan(price: 20)
                #expect(try await service.send("GET", "/plans/\(plan)").json["price"] == 20)
                #expect(try await service.send("PATCH", "/plans/\(plan)", ["price": 30]).status == 204)
                #expect(try await service.send("GET", "/plans/\(plan)").json["price"] == 30)
                let id = try await service.subscription(to: plan)
                #expect(try await service.send("GET", "/subscriptions/\(id)/invoice").json["total"] == 3000)
                let ready = try await service.send("GET", "/health/ready")
                #expect(ready.status == 200)
                #expect(ready.json["status"] == "degraded")
                #expect(ready.json["checks"]?["redis"] == "down")
            }
        }
    }
}

/// Everything that needs the servers; one after the other, as each starts its own service.
@Suite(.serialized) struct ServiceTests {}
