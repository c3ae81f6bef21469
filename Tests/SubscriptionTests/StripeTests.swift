import JSONCoding
import NIOHTTP1
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Synchronization
import Testing

@testable import Subscription

extension ServiceTests {
    /// Stripe as the billing provider.
    @Suite struct Stripe {
        private static func environment(_ url: String) -> [String: String] {
            [
                "TEST_CLOCKS": "true", "ARC_ENV": "test", "BILLING_PROVIDER": "stripe", "STRIPE_API_BASE": url,
                "STRIPE_SECRET_KEY": "sk_test_of_a_test", "STRIPE_WEBHOOK_SECRET": "whsec_of_a_test",
            ]
        }

        private static func token(_ name: String, _ story: Collections.Story) async throws -> TestResponse {
            try await story.service.send(
                "POST", "/billing-payment-source",
                ["customerId": .string(story.customer), "options": ["token": .string(name)]])
        }

        @Test func `localstripe keeps customers and cards, declines a card, and charges another one`() async throws {
            try await LocalStripePeer.run { url in
                try await TestService.run(environment: Self.environment(url)) { service in
                    let story = try await Collections.Story.begin(service)
                    #expect(story.customer.hasPrefix("cus_"))
                    let changed = try await service.send(
                        "PATCH", "/billing-customer/\(story.tenant)",
                        ["firstName": "Ann", "lastName": "van Lee", "email": "ann@acme.example.com"])
                    #expect(changed.status == 204, "\(changed.text)")
                    let shown = try await service.send("GET", "/billing-customer").json["customerDetails"]
                    #expect(shown?["firstName"] == "Ann" && shown?["lastName"] == "van Lee")
                    #expect(shown?["email"] == "ann@acme.example.com")

                    // Numbers of cards are not passed on.
                    let number = try await service.send(
                        "POST", "/billing-payment-source",
                        ["customerId": .string(story.customer), "card": TestService.cardBody(expiryYear: 2040)])
                    #expect(number.status == 422 && number.violations == ["/card: forbidden"], "\(number.text)")
                    for wrong in ["pm_unknown", "../customers", ""] {
                        let refused = try await Self.token(wrong, story)
                        #expect(refused.status == 422, "\(wrong): \(refused.text)")
                    }
                    let declined = try await Self.token("pm_card_visa_chargeDeclined", story)
                    #expect(declined.status == 422 && declined.message.contains("declined"), "\(declined.text)")

                    let failing = try await Self.token("pm_card_chargeCustomerFail", story)
                    #expect(failing.status == 201 && failing.json["card"]?["number"] == "**** **** **** 0341")
                    let subscription = try await story.subscribe(try await service.plan(), "automatic")
                    try await story.advance("2030-01-31")
                    let invoice = try await story.invoice(subscription)
                    let failed = try await story.standing(invoice, subscription)
                    #expect(failed.hasPrefix("past_due 1 ") && failed.contains("card_declined"), "\(failed)")

                    let good = try await Self.token("pm_card_visa", story)
                    #expect(good.status == 201, "\(good.text)")
                    try await story.advance("2030-01-31")
                    #expect(try await service.status(ofInvoice: invoice) == "paid")
                    let attempts = try await service.send("GET", "/billing-invoice/\(invoice)/payments").json
                    #expect(attempts.arrayValue?.count == 2 && attempts[0]?["status"] == "success")
                    #expect(attempts[0]?["idAtGateway"]?.stringValue?.hasPrefix("pi_") == true)

                    // A credit note on what was paid is a refund, and Stripe pays it out.
                    try await story.refund(invoice, paidOutAs: "re_")

                    let source = try #require(good.json["id"]?.stringValue)
                    let removed = try await service.send("DELETE", "/billing-payment-source/\(source)")
                    #expect(removed.status == 204, "\(removed.text)")
                    #expect(try await service.send("GET", "/billing-payment-source/\(source)").status == 404)
                    #expect(try await service.send("GET", "/billing-payment-source/cus_%2F..").status == 404)
                }
            }
        }

        /// What Stripe says of a payment under a key.
        private static func payment(_ form: String) -> String {
            let key = form.split(separator: "&").first { $0.hasPrefix("metadata%5Bkey%5D=") }?.split(separator: "=")
                .last
            let text = (key.map(String.init) ?? "").replacing("%3A", with: ":")
            return """
                {"id": "pi_1", "object": "payment_intent", "status": "succeeded", "metadata": {"key": "\(text)"}}
                """
        }

        @Test func `an answer of Stripe that is lost is read back, and events may come in any order`() async throws {
            let stored = Mutex<String?>(nil)
            let isRefusing = Mutex(true)
            try await ScriptedServer.run { request, _ in
                let path = String(request.uri.split(separator: "?")[0])
                switch ("\(request.method)", path) {
                case ("POST", "/v1/customers"): return .init(200, #"{"id": "cus_1", "object": "customer"}"#)
                case ("POST", "/v1/payment_methods/pm_1/attach"):
                    return .init(
                        200,
                        #"{"id": "pm_1", "customer": "cus_1", "card": {"last4": "4242", "exp_month": 12, "exp_year": 2040}}"#
                    )
                case ("POST", "/v1/payment_intents"):
                    // It was made, and the answer says nothing of it.
                    stored.withLock { $0 = Self.payment(request.body) }
                    return .init(500, #"{"error": {"type": "api_error", "message": "secret of Stripe"}}"#)
                case ("GET", "/v1/payment_intents") where isRefusing.withLock { $0 }:
                    return .init(400, #"{"error": {"type": "invalid_request_error", "message": "Unexpected"}}"#)
                case ("GET", "/v1/payment_intents") where !request.uri.contains("created%5Bgte%5D="):
                    // The customer was deleted meanwhile.
                    return .init(400, #"{"error": {"type": "invalid_request_error", "code": "resource_missing"}}"#)
                case ("GET", "/v1/payment_intents"):
                    let payments = stored.withLock { $0.map { [$0] } ?? [] }
                    return .init(200, #"{"data": [\#(payments.joined(separator: ","))], "has_more": false}"#)
                case ("POST", "/v1/invoices"): return .init(200, #"{"id": "in_stripe", "status": "draft"}"#)
                case ("POST", "/v1/invoiceitems"): return .init(200, #"{"id": "ii_1"}"#)
                case ("POST", "/v1/invoices/in_stripe/finalize"), ("GET", "/v1/invoices/in_stripe"):
                    return .init(200, #"{"id": "in_stripe", "status": "open"}"#)
                default: return .init(404, #"{"error": {"type": "invalid_request_error", "code": "resource_missing"}}"#)
                }
            } _: { server, url in
                try await TestService.run(environment: Self.environment(url)) { service in
                    let story = try await Collections.Story.begin(service)
                    #expect(try await Self.token("pm_1", story).status == 201)
                    let subscription = try await story.subscribe(
                        try await service.plan(), "automatic", ["term": ["periods": 1]])
                    let invoice = try await story.invoice(subscription)
                    let path = "/billing-invoice/\(invoice)"
                    try await eventually("the outcome of the payment is unknown") {
                        let held = try await service.send("GET", "\(path)/collection").json
                        return held["attemptedOn"]?.stringValue != nil && stored.withLock { $0 } != nil
                    }
                    let elsewhere = try await service.send("POST", "\(path)/payments", ["paymentMethod": "cash"])
                    #expect(elsewhere.status == 409 && elsewhere.json["error"]?["code"] == "PAYMENT_IN_PROGRESS")

                    let number = Mutex(0)
                    func event() -> String {
                        let id = number.withLock { number in
                            number += 1
                            return number
                        }
                        let payment = stored.withLock { $0 } ?? "{}"
                        return
                            #"{"id":"evt_p\#(id)","type":"payment_intent.succeeded","data":{"object":\#(payment)}}"#
                    }
                    #expect(try await Self.deliver(event(), service, secret: "whsec_wrong").status == 401)
                    // When Stripe does not say what became of the payment, it has not failed.
                    try await eventually("Stripe is asked in vain") {
                        let delivered = try await Self.deliver(event(), service)
                        #expect(delivered.status == 204, "\(delivered.text)")
                        return server.requests.contains { $0.method == .GET && $0.uri.hasPrefix("/v1/payment_intents") }
                    }
                    isRefusing.withLock { $0 = false }
                    try await eventually("the payment is read back") {
                        let delivered = try await Self.deliver(event(), service)
                        #expect(delivered.status == 204, "\(delivered.text)")
                        return try await service.status(ofInvoice: invoice) == "paid"
                    }
                    let attempts = try await service.send("GET", "\(path)/payments").json
                    #expect(attempts.arrayValue?.count == 1 && attempts[0]?["status"] == "success", "\(attempts)")
                    let charges = server.requests.filter { "\($0.method) \($0.uri)" == "POST /v1/payment_intents" }
                    #expect(charges.count == 1)
                    let headers = try #require(charges.first).headers
                    #expect(headers.first(name: "stripe-version") == "2024-09-30.acacia")
                    #expect(headers.first(name: "idempotency-key") == "collection:\(invoice):1")
                    #expect(headers.first(name: "authorization") == "Bearer sk_test_of_a_test")
                    #expect(
                        server.requests.allSatisfy {
                            $0.method != .POST || $0.headers.contains(name: "idempotency-key")
                        })

                    // An invoice of the contract is issued at Stripe, and events about it come in any order.
                    let billed = try await service.invoice(story.customer)
                    #expect(try await service.status(ofInvoice: billed) == "open")
                    for (id, status) in [
                        ("evt_4", "paid"), ("evt_3", "open"), ("evt_2", "uncollectible"), ("evt_4", "paid"),
                    ] {
                        let event =
                            #"{"id":"\#(id)","type":"invoice.\#(status)","data":{"object":{"object":"invoice","id":"in_stripe","status":"\#(status)"}}}"#
                        #expect(try await Self.deliver(event, service).status == 204)
                    }
                    let status = try await service.database.texts(
                        "SELECT invoice_status FROM main.invoice WHERE id = $1::uuid", [.text(billed)])
                    #expect(status == ["paid"])
                    for other in [
                        #"{"id":"evt_9","type":"invoice.paid","data":{"object":{"object":"invoice","id":"in_other","status":"paid"}}}"#,
                        #"{"id":"evt_8","type":"x","data":{"object":{}}}"#,
                    ] {
                        #expect(try await Self.deliver(other, service).status == 204)
                    }
                }
            }
        }

        private static func deliver(
            _ event: String, _ service: TestService, secret: String = "whsec_of_a_test"
        ) async throws -> TestResponse {
            let header = StripeRuleTests.signature(event, at: service.clock.now().seconds, secret: secret)
            return try await service.sendText(
                "POST", "/webhooks/stripe", event, headers: ["stripe-signature": header])
        }
    }
}
