import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import TestSupport
import Testing

/// What becomes of a tenant that does not pay, over both services.
@Suite struct DunningTests {
    private static let environment = [
        "TEST_CLOCKS": "true", "ARC_ENV": "test", "BILLING_TEST_CARDS": "true", "PAYMENT_RETRY_DAYS": "1,3",
        "PROVISION_ON_CREATE": "false",
    ]

    /// A tenant with a test clock and a card.
    private struct Payer {
        let stack: TestStack
        let tenant: String
        let clock: String
        let customer: String

        init(_ stack: TestStack) async throws {
            self.stack = stack
            tenant = try await stack.createTenantID()
            let now: JSONValue = ["tenantId": .string(tenant), "now": "2030-01-31T09:00:00Z"]
            let tenant = tenant
            var made: String?
            try await eventually("the tenant is known") {
                let answer = try await stack.subscription.post("/test-clocks", now, token: stack.admin)
                if answer.status == 201 { made = try answer.string("id") }
                return made != nil
            }
            clock = try #require(made)
            customer = try await stack.subscription.send(
                "POST", "/billing-customer", ["firstName": "Ann"], token: stack.admin, headers: ["tenantId": tenant]
            ).expect(201).string("id")
        }

        func card(_ number: String) async throws {
            try await stack.subscription.post(
                "/billing-payment-source",
                [
                    "customerId": .string(customer),
                    "card": [
                        "gatewayAccountId": "gw_1", "number": .string(number), "expiryMonth": 12, "expiryYear": 2040,
                        "cvv": "123",
                    ],
                ], token: stack.admin
            ).expect(201)
        }

        /// Moves the clock, and waits for everything that became due: a single answer waits for some seconds only.
        func advance(_ day: String) async throws {
            try await eventually("what became due until \(day) is done") {
                try await stack.subscription.post(
                    "/test-clocks/\(clock)/advance", ["now": .string("\(day)T09:00:00Z")], token: stack.admin
                ).expect(200).json["due"] == 0
            }
        }

        func subscribe(_ plan: String) async throws {
            try await stack.subscription.post(
                "/subscriptions",
                [
                    "subscriberId": .string(tenant), "planId": .string(plan), "status": 1, "quantity": "1",
                    "collectionMethod": "automatic", "term": ["periods": 1],
                ], token: stack.admin
            ).expect(201)
        }

        func expectStatus(_ status: Int, _ what: String) async throws {
            try await eventually("\(what)") { try await stack.status(ofTenant: tenant) == status }
        }

        func send(_ action: String, _ reason: String) async throws -> TestResponse {
            try await stack.tenantManagement.post(
                "/tenants/\(tenant)/\(action)", ["reason": .string(reason)], token: stack.admin)
        }

        /// How many reports about it have become mails.
        func mails() async throws -> Int {
            try await stack.database(.tenantManagement).count(
                "SELECT count(*) FROM main.inbox WHERE consumer = 'billing-notices'")
        }
    }

    @Test func `a card that fails thrice suspends the tenant, and a payment brings it back`() async throws {
        try await TestStack.run([.tenantManagement, .subscription], environment: Self.environment) { stack in
            let plan = try await stack.plan(tier: "PREMIUM")
            let payer = try await Payer(stack)
            // It waits for no pipeline here.
            let active = try await stack.tenantManagement.send(
                "PATCH", "/tenants/\(payer.tenant)", ["status": 0], token: stack.admin)
            #expect(active.status == 204, "\(active.text)")
            try await payer.card("4000 0000 0000 0002")
            try await payer.subscribe(plan)
            try await payer.advance("2030-01-31")
            try await payer.advance("2030-02-02")
            #expect(try await stack.status(ofTenant: payer.tenant) == 0)
            try await payer.advance("2030-02-03")
            try await payer.expectStatus(5, "the tenant is suspended after the third failure")
            let held = try await stack.tenantManagement.get(
                "/tenants/\(payer.tenant)/suspensions", token: stack.admin
            ).expect(200)
            #expect(held.json[0]?["reason"] == "billing" && held.json.arrayValue?.count == 1, "\(held.text)")
            try await eventually("three notices and the end were mailed") { try await payer.mails() == 4 }

            // An operator has reasons of its own: a payment does not touch them.
            #expect(try await payer.send("suspend", "legal").status == 200)
            try await payer.card("4242 4242 4242 4242")
            try await payer.advance("2030-02-03")
            try await eventually("only the operator's reason is left") {
                let held = try await stack.tenantManagement.get(
                    "/tenants/\(payer.tenant)/suspensions", token: stack.admin)
                let open = held.json.arrayValue?.filter { $0["endedOn"]?.stringValue == nil } ?? []
                return open.count == 1 && open.first?["reason"] == "legal"
            }
            #expect(try await stack.status(ofTenant: payer.tenant) == 5)
            #expect(try await payer.send("reactivate", "legal").status == 200)
            #expect(try await stack.status(ofTenant: payer.tenant) == 0)
        }
    }
}
