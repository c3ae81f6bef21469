import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import Testing

@testable import Subscription

extension ServiceTests {
    /// Subscriptions that are refused, with the reason.
    @Suite struct RefusedSubscription {
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
    }
}
