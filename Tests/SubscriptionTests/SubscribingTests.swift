import JSONCoding
import MessageBus
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import Testing

@testable import Subscription

extension ServiceTests {
    /// What a subscription stores and publishes.
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

/// Everything that needs the servers.
@Suite struct ServiceTests {}
