import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

@testable import Subscription

extension ServiceTests {
    /// Payments of invoices, and what follows when they fail.
    @Suite struct Collections {
        static let environment = ["TEST_CLOCKS": "true", "ARC_ENV": "test", "BILLING_TEST_CARDS": "true"]

        /// A tenant that lives on a test clock and is a customer.
        struct Story {
            let service: TestService
            let tenant: Identifier
            let clock: String
            let customer: String

            static func begin(
                _ service: TestService, _ tenant: Identifier = TestService.tenantA, on day: String = "2030-01-31"
            ) async throws -> Story {
                let clock = try #require(
                    try await service.send(
                        "POST", "/test-clocks", ["tenantId": .identifier(tenant), "now": .string("\(day)T09:00:00Z")]
                    ).json["id"]?.stringValue)
                return Story(
                    service: service, tenant: tenant, clock: clock, customer: try await service.customer(tenant))
            }

            /// Keeps a card by its number.
            func card(_ number: String) async throws {
                let body: JSONValue = [
                    "gatewayAccountId": "gw_1", "number": .string(number), "expiryMonth": 12, "expiryYear": 2040,
                    "cvv": "123",
                ]
                let answer = try await service.send(
                    "POST", "/billing-payment-source", ["customerId": .string(customer), "card": body])
                try #require(answer.status == 201, "\(answer.text)")
            }

            func subscribe(_ plan: String, _ method: String, _ more: JSONObject = JSONObject()) async throws -> String {
                var body: JSONObject = [
                    "subscriberId": .identifier(tenant), "planId": .string(plan), "status": 1, "timeZone": "UTC",
                    "collectionMethod": .string(method),
                ]
                for (name, value) in more { body[name] = value }
                let answer = try await service.send("POST", "/subscriptions", .object(body))
                try #require(answer.status == 201, "\(answer.text)")
                return try #require(answer.json["id"]?.stringValue)
            }

            /// Credits ten dollars of a paid invoice, and waits until the provider has paid them back.
            /// - Parameter prefix: What its ids of refunds begin with.
            func refund(_ invoice: String, paidOutAs prefix: String) async throws {
                try await service.database.query(
                    """
                    INSERT INTO main.credit_notes (id, invoice_id, currency_code, amount, tax, total, destination, issued_on)
                    SELECT gen_random_uuid(), id, currency_code, 1000, 0, 1000, 'payer', '2030-01-31' FROM main.invoice
                    WHERE id = $1::uuid
                    """, [.text(invoice)])
                try await eventually("it is refunded") {
                    let refunds = try await service.send("GET", "/provider-refunds").json
                    return refunds[0]?["refund"]?.stringValue?.hasPrefix(prefix) == true
                        && refunds[0]?["amount"] == 1000
                }
            }

            func advance(_ day: String) async throws { try await service.advance(clock, to: "\(day)T09:00:00Z") }

            /// The first invoice of a subscription.
            func invoice(_ subscription: String) async throws -> String {
                try #require(
                    try await service.database.texts(
                        "SELECT id::text FROM main.invoice WHERE subscription_id = $1::uuid ORDER BY ordinal LIMIT 1",
                        [.text(subscription)]
                    ).first)
            }

            /// `state failures nextDueOn failureCode` of an invoice, and `paymentState` of its subscription.
            func standing(_ invoice: String, _ subscription: String) async throws -> String {
                let held = try await service.send("GET", "/billing-invoice/\(invoice)/collection").json
                let row = try await service.send("GET", "/subscriptions/\(subscription)").json
                func text(_ value: JSONValue?) -> String { value?.stringValue ?? "-" }
                return
                    "\(text(held["state"])) \(held["failures"]?.intValue ?? -1) \(text(held["nextDueOn"]).prefix(10)) \(text(held["failureCode"])) \(text(row["paymentState"]))"
            }

            /// Types of the events about payments, in their order, with the state of reports.
            func events() async throws -> [String] {
                try await service.database.texts(
                    """
                    SELECT concat_ws(' ', type, data ->> 'isSuspended', data ->> 'version') FROM main.outbox
                    WHERE tenant_id = $1::uuid AND (type LIKE 'PAYMENT%' OR type LIKE 'DUNNING%' OR type = 'INVOICE_OVERDUE'
                        OR type = 'TENANT_BILLING_STANDING_CHANGED') ORDER BY position
                    """, [.text(tenant.description)])
            }
        }

        @Test func `a card that fails is tried on the days of the schedule, and a new one brings everything back`()
            async throws
        {
            try await TestService.run(environment: Self.environment) { service in
                let story = try await Story.begin(service)
                let plan = try await service.plan()
                try await story.card("4000 0000 0000 9995")
                let subscription = try await story.subscribe(plan, "automatic", ["term": ["periods": 1]])
                try await story.advance("2030-01-31")
                let invoice = try await story.invoice(subscription)
                let first = try await story.standing(invoice, subscription)
                #expect(first == "past_due 1 2030-02-01 insufficient_funds past_due")
                // In one step as day by day.
                try await story.advance("2030-02-04")
                let third = try await story.standing(invoice, subscription)
                #expect(third == "past_due 3 2030-02-05 insufficient_funds past_due")

                // An operator's attempt is no step of the schedule, and a pause stops it.
                let extra = try await service.send("POST", "/billing-invoice/\(invoice)/collect")
                #expect(extra.status == 200, "\(extra.text)")
                try await story.advance("2030-02-04")
                #expect(try await story.standing(invoice, subscription) == third)
                #expect(try await service.send("POST", "/billing-invoice/\(invoice)/collection/pause").status == 200)
                let paused = try await service.send("POST", "/billing-invoice/\(invoice)/collect")
                #expect(paused.status == 409 && paused.json["error"]?["code"] == "COLLECTION_PAUSED")
                try await story.advance("2030-02-20")
                #expect(try await story.standing(invoice, subscription) == third)
                #expect(try await service.send("POST", "/billing-invoice/\(invoice)/collection/resume").status == 200)
                try await story.advance("2030-02-20")
                let fourth = try await story.standing(invoice, subscription)
                #expect(fourth == "past_due 4 2030-02-22 insufficient_funds past_due")
                try await story.advance("2030-02-25")
                let last = try await story.standing(invoice, subscription)
                #expect(last == "unpaid 5 - insufficient_funds unpaid")
                let attempts = try await service.send("GET", "/billing-invoice/\(invoice)/payments")
                #expect(attempts.json.arrayValue?.count == 6, "\(attempts.text)")
                #expect(
                    attempts.json[0]?["errorCode"] == "insufficient_funds" && attempts.json[0]?["status"] == "failure")

                // A tenant's own users see it, and decide nothing.
                let user = try await service.token(tenant: story.tenant)
                let other = try await service.token(tenant: TestService.tenantB)
                let path = "/billing-invoice/\(invoice)"
                #expect(try await service.send("GET", "\(path)/collection", token: user).status == 200)
                #expect(try await service.send("GET", "\(path)/collection", token: other).status == 404)
                #expect(try await service.send("GET", "\(path)/payments", token: other).status == 404)
                #expect(try await service.send("POST", "\(path)/collect", token: user).status == 403)
                let declined = try await service.send("POST", "\(path)/payments", [:], token: user)
                #expect(declined.status == 204, "\(declined.text)")
                #expect(try await service.status(ofInvoice: invoice) != "paid")

                try await story.card("4242 4242 4242 4242")
                try await story.advance("2030-02-25")
                #expect(try await story.standing(invoice, subscription) == "settled 5 - insufficient_funds -")
                #expect(try await service.status(ofInvoice: invoice) == "paid")
                let again = try await service.send("POST", "\(path)/collect")
                #expect(again.status == 409 && again.json["error"]?["code"] == "INVOICE_CLOSED")
                #expect(
                    try await story.events() == [
                        "PAYMENT_FAILED", "PAYMENT_FAILED", "PAYMENT_FAILED", "PAYMENT_FAILED", "PAYMENT_FAILED",
                        "PAYMENT_FAILED", "DUNNING_EXHAUSTED", "TENANT_BILLING_STANDING_CHANGED true 1",
                        "PAYMENT_SUCCEEDED", "DUNNING_ENDED", "TENANT_BILLING_STANDING_CHANGED false 2",
                    ])
                // Every movement is in the ledger.
                let cash = try await service.database.texts(
                    "SELECT kind || ' ' || account || ' ' || sum(amount) FROM main.ledger_entries WHERE account IN ('cash', 'receivable') GROUP BY kind, account ORDER BY 1"
                )
                #expect(cash == ["issue receivable 5000", "payment cash 5000", "payment receivable -5000"])
            }
        }

        @Test
        func `a final code ends at once, reminders follow the last day to pay, and methods are refused that cannot be`()
            async throws
        {
            var environment = Self.environment
            environment["DUNNING_END"] = "cancel"
            try await TestService.run(environment: environment) { service in
                let plan = try await service.plan()
                let story = try await Story.begin(service)
                try await story.card("4000 0000 0000 9979")
                let subscription = try await story.subscribe(plan, "automatic")
                try await story.advance("2030-01-31")
                let invoice = try await story.invoice(subscription)
                let stolen = try await story.standing(invoice, subscription)
                #expect(stolen == "unpaid 1 - stolen_card unpaid")
                #expect(try await service.send("GET", "/subscriptions/\(subscription)").json["status"] == 3)
                // Paid elsewhere, which an operator records.
                let recorded = try await service.send(
                    "POST", "/billing-invoice/\(invoice)/payments", ["paymentMethod": "bank_transfer"])
                #expect(recorded.status == 204, "\(recorded.text)")
                try await story.advance("2030-01-31")
                #expect(try await story.standing(invoice, subscription) == "settled 1 - stolen_card -")
                #expect(try await story.events().last == "TENANT_BILLING_STANDING_CHANGED false 2")

                // By hand: due on February 14.
                let other = try await Story.begin(service, TestService.tenantB)
                let byHand = try await other.subscribe(plan, "send_invoice", ["term": ["periods": 1]])
                let sent = try await other.invoice(byHand)
                try await other.advance("2030-02-14")
                #expect(try await other.standing(sent, byHand) == "waiting 0 2030-02-15 - -")
                try await other.advance("2030-02-15")
                #expect(try await other.standing(sent, byHand) == "past_due 1 2030-02-21 - past_due")
                try await other.advance("2030-03-31")
                #expect(try await other.standing(sent, byHand) == "unpaid 3 - - unpaid")
                #expect(
                    try await other.events() == [
                        "INVOICE_OVERDUE", "INVOICE_OVERDUE", "INVOICE_OVERDUE", "DUNNING_EXHAUSTED",
                    ])
                // What is void is owed by nobody.
                let method = try await service.send(
                    "POST", "/subscriptions/\(byHand)/collection", ["collectionMethod": .null])
                #expect(method.status == 204, "\(method.text)")
                let late = try await service.send(
                    "GET", "/invoice-collections?filter={\"where\":{\"state\":\"unpaid\"}}".escaped)
                #expect(late.json.arrayValue?.count == 1, "\(late.text)")
            }
            // The built-in provider moves no money.
            try await TestService.run { service in
                let plan = try await service.plan()
                let refused = try await service.send(
                    "POST", "/subscriptions",
                    [
                        "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 1,
                        "quantity": "1", "collectionMethod": "automatic",
                    ])
                #expect(
                    refused.status == 422 && refused.violations == ["/collectionMethod: provider"], "\(refused.text)")
            }
        }
    }
}
