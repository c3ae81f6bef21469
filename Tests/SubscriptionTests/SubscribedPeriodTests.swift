import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import Testing

@testable import Subscription

extension ServiceTests {
    /// The period and the amount of a new subscription follow from its plan.
    @Suite struct SubscribedPeriod {
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
    }
}
