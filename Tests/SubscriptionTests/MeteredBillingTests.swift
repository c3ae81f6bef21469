import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

@testable import Subscription

extension ServiceTests {
    /// Usage on the invoices of subscriptions.
    @Suite struct MeteredBilling {
        private static let perCall: JSONValue = [
            "model": "graduated", "tiers": [["upTo": "100", "unitAmount": "0"], ["unitAmount": "0.10"]],
        ]

        private func price(_ service: TestService, _ plan: String, _ meter: String, _ price: JSONValue) async throws {
            let response = try await service.send(
                "POST", "/metered-prices",
                ["planId": .string(plan), "meterKey": .string(meter), "currencyCode": "USD", "price": price])
            try #require(response.status == 201, "\(response.text)")
        }

        /// Day and lines of each invoice.
        private func invoices(_ subscription: String, _ database: TestDatabase) async throws -> [String] {
            try await database.texts(
                """
                SELECT concat_ws(' ', invoice.issued_on, (
                    SELECT string_agg(concat_ws('/', description, amount), ', ' ORDER BY position)
                    FROM main.invoice_lines WHERE invoice_id = invoice.id))
                FROM main.invoice WHERE subscription_id = $1::uuid ORDER BY ordinal
                """, [.text(subscription)])
        }

        @Test func `usage is billed after its period, late events after it, and a change brings other prices`()
            async throws
        {
            try await TestService.run(environment: ["TEST_CLOCKS": "true", "ARC_ENV": "test"]) { service in
                let database = service.database
                try await service.meter("calls")
                try await service.meter("users", "unique")
                let (plan, larger) = (try await service.plan(), try await service.plan(price: 80))
                try await price(service, plan, "calls", Self.perCall)
                try await price(service, plan, "users", ["model": "per_unit", "unitAmount": "2"])
                try await price(service, larger, "calls", ["model": "package", "size": "100", "amount": "1.00"])
                let clock = try #require(
                    try await service.send(
                        "POST", "/test-clocks",
                        ["tenantId": .identifier(TestService.tenantA), "now": "2030-01-31T09:00:00Z"]
                    ).json["id"]?.stringValue)
                let subscribed = try await service.send(
                    "POST", "/subscriptions",
                    [
                        "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 1,
                        "timeZone": "America/Denver",
                    ])
                try #require(subscribed.status == 201, "\(subscribed.text)")
                let id = try #require(subscribed.json["id"]?.stringValue)

                // An event that lies ahead of the tenant's clock is refused, whatever the real time is.
                let ahead = try await service.use(TestService.event("0", "calls", "1", at: "2030-02-01T09:00:00Z"))
                #expect(ahead.violations == ["/events/0/at: future"])
                try await service.advance(clock, to: "2030-02-20T09:00:00Z")
                let used = try await service.use(
                    TestService.event("1", "calls", "150", at: "2030-02-05T09:00:00Z"),
                    TestService.event("2", "calls", "25.5", at: "2030-02-20T08:00:00Z"),
                    TestService.event("3", "users", at: "2030-02-05T09:00:00Z", value: "ann"),
                    TestService.event("4", "users", at: "2030-02-06T09:00:00Z", value: "ann"),
                    TestService.event("5", "users", at: "2030-02-06T09:00:00Z", value: "bob"))
                #expect(used.status == 200, "\(used.text)")
                try await service.advance(clock, to: "2030-03-05T09:00:00Z")
                // 100 are included, and 75.5 cost 0.10 each; two people.
                #expect(
                    try await invoices(id, database) == [
                        "2030-01-31 Subscription/5000", "2030-02-28 Subscription/5000, calls/755, users/400",
                    ])
                // What is late counts in the next period, and nothing changes what was billed.
                #expect(
                    try await service.use(TestService.event("6", "calls", "120", at: "2030-02-21T09:00:00Z")).status
                        == 200)
                try await service.advance(clock, to: "2030-04-02T09:00:00Z")
                #expect(try await invoices(id, database).last == "2030-03-31 Subscription/5000, calls/200, users/0")

                // A plan with another price of calls and none of users: what was used until then has the old one.
                #expect(
                    try await service.use(TestService.event("7", "calls", "130", at: "2030-04-01T09:00:00Z")).status
                        == 200)
                try await service.advance(clock, to: "2030-04-15T09:00:00Z")
                let body: JSONValue = ["planId": .string(larger), "policy": "prorate_now"]
                let preview = try await service.send("POST", "/subscriptions/\(id)/change?preview=true", body)
                try #require(preview.status == 200, "\(preview.text)")
                var confirmed = try #require(body.objectValue)
                confirmed["token"] = preview.json["token"]
                let changed = try await service.send("POST", "/subscriptions/\(id)/change", .object(confirmed))
                #expect(changed.status == 200, "\(changed.text)")
                #expect(
                    try await service.use(TestService.event("8", "calls", "101", at: "2030-04-15T09:00:00Z")).status
                        == 200)
                try await service.advance(clock, to: "2030-05-01T09:00:00Z")
                let all = try await invoices(id, database)
                #expect(all.count == 5, "\(all)")
                #expect(all.dropLast().last?.hasSuffix("calls/300, users/0") == true, "\(all)")
                #expect(all.last == "2030-04-30 Subscription/8000, calls/200", "\(all)")

                // A cancellation bills what was used, and the engine makes all of it again of what is stored.
                #expect(
                    try await service.use(TestService.event("9", "calls", "50", at: "2030-05-01T03:00:00Z")).status
                        == 200)
                try await service.advance(clock, to: "2030-05-03T09:00:00Z")
                let canceled = try await service.send(
                    "POST", "/subscriptions/\(id)/cancel", ["policy": "prorate_now"])
                #expect(canceled.status == 200, "\(canceled.text)")
                #expect(try await invoices(id, database).last?.hasSuffix("calls/100") == true)
                #expect(try await database.billingCheck().findings == [])
                // What was billed is kept, whoever asks.
                await #expect(throws: PostgresError.self) {
                    try await database.query("UPDATE main.subscription_usage SET quantity = 0")
                }
            }
        }

        @Test func `prices of usage are checked, and a plan needs one in the currency of its subscriptions`()
            async throws
        {
            try await TestService.run { service in
                try await service.meter("calls")
                let plan = try await service.plan()
                func refusal(_ members: JSONObject) async throws -> [String] {
                    var body: JSONObject = [
                        "planId": .string(plan), "meterKey": "calls", "currencyCode": "USD", "price": Self.perCall,
                    ]
                    for (name, value) in members { body[name] = value }
                    return try await service.send("POST", "/metered-prices", .object(body)).violations
                }
                #expect(try await refusal(["meterKey": "unknown"]) == ["/meterKey: exists"])
                #expect(try await refusal(["price": ["model": "flat"]]) == ["/price/amount: price"])
                #expect(
                    try await refusal(["currencyCode": "JPY", "price": ["model": "flat", "amount": "1.5"]])
                        == ["/price/amount: price"])
                try await price(service, plan, "calls", Self.perCall)
                let id = try #require(
                    try await service.send("GET", "/metered-prices").json[0]?["id"]?.stringValue)
                let changed = try await service.send(
                    "PATCH", "/metered-prices/\(id)", ["price": ["model": "flat"]])
                #expect(changed.violations == ["/price/amount: price"], "\(changed.text)")
                #expect(
                    try await service.send("PATCH", "/metered-prices/\(id)", ["currencyCode": "EUR"]).status == 204)
                let terms: JSONValue = [
                    "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 1,
                    "quantity": "1",
                ]
                let refused = try await service.send("POST", "/subscriptions", terms)
                #expect(refused.status == 422 && refused.text.contains("calls"), "\(refused.text)")
                #expect(
                    try await service.send("PATCH", "/metered-prices/\(id)", ["currencyCode": "USD"]).status == 204)
                #expect(try await service.send("POST", "/subscriptions", terms).status == 201)
                // A tenant's own user who subscribes begins to bill its usage, too.
                let tenant = TestService.tenantB
                let own = try await service.send(
                    "POST", "/subscriptions",
                    ["subscriberId": .identifier(tenant), "planId": .string(plan), "status": 0, "quantity": "1"],
                    token: try await service.token(tenant: tenant))
                try #require(own.status == 201, "\(own.text)")
                let billing = try await service.database.texts(
                    "SELECT subscription_id::text FROM main.usage_closings WHERE tenant_id = $1", [.identifier(tenant)])
                #expect(billing.count == 1 && billing.first == own.json["id"]?.stringValue)
            }
        }
    }
}
