import Billing
import Entities
import Foundation
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Synchronization
import TestSupport
import Testing

@testable import Subscription

extension ServiceTests {
    /// Chargebee as the billing provider.
    @Suite struct Chargebee {
        private static func token(_ name: String, _ story: Collections.Story) async throws -> TestResponse {
            try await story.service.send(
                "POST", "/billing-payment-source",
                ["customerId": .string(story.customer), "options": ["token": .string(name)]])
        }

        private static func deliver(
            _ event: JSONValue, _ service: TestService, password: String = ChargebeeStandIn.password
        ) async throws -> TestResponse {
            let credentials = Data("\(ChargebeeStandIn.user):\(password)".utf8).base64EncodedString()
            return try await service.send(
                "POST", "/webhooks/chargebee", event, token: "", headers: ["authorization": "Basic \(credentials)"])
        }

        @Test func `customers and cards are kept, cards are declined and charged, and events come in any order`()
            async throws
        {
            try await ChargebeeStandIn.run { chargebee, url in
                try await TestService.run(environment: ChargebeeStandIn.environment(url)) { service in
                    let story = try await Collections.Story.begin(service)
                    #expect(story.customer.hasPrefix("arc_"))
                    try await Self.customers(story)
                    try await Self.sources(story)
                    try await Self.payments(story, chargebee)
                    try await Self.events(story, chargebee)
                }
            }
        }

        private static func customers(_ story: Collections.Story) async throws {
            let service = story.service
            let path = "/billing-customer/\(story.tenant)"
            let address: JSONValue = [
                "email": "ann@acme.example.com", "city": "Bonn", "state": "NW", "zip": "53111", "country": "DE",
            ]
            let changed = try await service.send(
                "PATCH", path,
                ["firstName": "Ann & Söhne", "lastName": "van Lee", "company": "Acme", "billingAddress": address])
            #expect(changed.status == 204, "\(changed.text)")
            let shown = try await service.send("GET", "/billing-customer").json["customerDetails"]
            #expect(shown?["firstName"] == "Ann & Söhne" && shown?["lastName"] == "van Lee")
            #expect(shown?["company"] == "Acme")
            // Chargebee's limits are narrower than ours.
            let long = try await service.send(
                "PATCH", path, ["firstName": .string(String(repeating: "n", count: 200))])
            #expect(long.status == 422 && long.violations == ["/firstName: provider"], "\(long.text)")
        }

        private static func sources(_ story: Collections.Story) async throws {
            let service = story.service
            // Numbers of cards are not passed on.
            let number = try await service.send(
                "POST", "/billing-payment-source",
                ["customerId": .string(story.customer), "card": TestService.cardBody(expiryYear: 2040)])
            #expect(number.status == 422 && number.violations == ["/card: forbidden"], "\(number.text)")
            for wrong in ["tok_unknown", "../customers", ""] {
                let refused = try await Self.token(wrong, story)
                #expect(refused.status == 422 && !refused.text.contains("secret"), "\(wrong): \(refused.text)")
            }
            let kept = try await Self.token("tok_visa-gone", story)
            #expect(kept.status == 201 && kept.json["card"]?["number"] == "**** **** **** 1111", "\(kept.text)")
            let again = try await Self.token("tok_visa-gone", story)
            #expect(again.status == 422 && again.violations == ["/options/token: token"], "\(again.text)")
            let source = try #require(kept.json["id"]?.stringValue)
            #expect(try await service.send("DELETE", "/billing-payment-source/\(source)").status == 204)
            #expect(try await service.send("GET", "/billing-payment-source/\(source)").status == 404)
            #expect(try await service.send("GET", "/billing-payment-source/cus_%2F..").status == 404)
        }

        private static func payments(_ story: Collections.Story, _ chargebee: ChargebeeStandIn) async throws {
            let service = story.service
            let failing = try await Self.token("tok_low", story)
            #expect(failing.status == 201, "\(failing.text)")
            let subscription = try await story.subscribe(
                try await service.plan(), "automatic", ["term": ["periods": 1]])
            try await story.advance("2030-01-31")
            let invoice = try await story.invoice(subscription)
            let failed = try await story.standing(invoice, subscription)
            #expect(failed.hasPrefix("past_due 1 ") && failed.contains("insufficient_funds"), "\(failed)")
            #expect(chargebee.state.withLock { $0.site.invoices.isEmpty }, "what is not paid is no invoice there")

            // The answer to the payment is lost, and Chargebee has forgotten the key when it is looked for.
            chargebee.fail(ChargebeeBilling.creation, .lost)
            let good = try await Self.token("tok_visa", story)
            #expect(good.status == 201, "\(good.text)")
            let path = "/billing-invoice/\(invoice)"
            try await eventually("the outcome of the payment is unknown") {
                let held = try await service.send("GET", "\(path)/collection").json
                return held["attemptedOn"]?.stringValue != nil
                    && chargebee.state.withLock { $0.site.attempts } == 2
            }
            chargebee.forgetKeys()
            let payment = try #require(chargebee.events.last)
            #expect(try await Self.deliver(payment, service, password: "wrong").status == 401)
            try await eventually("the payment is read back") {
                let delivered = try await Self.deliver(payment, service)
                #expect(delivered.status == 204, "\(delivered.text)")
                return try await service.status(ofInvoice: invoice) == "paid"
            }
            #expect(chargebee.state.withLock { $0.site.attempts } == 2)
            let attempts = try await service.send("GET", "\(path)/payments").json
            #expect(attempts.arrayValue?.count == 2 && attempts[0]?["status"] == "success")
            #expect(attempts[0]?["idAtGateway"]?.stringValue?.hasPrefix("txn_") == true)
            #expect(attempts[1]?["errorText"] == "The payment was declined.")

            // A credit note on what was paid is a refund, and Chargebee pays it out.
            let paid = chargebee.state.withLock { $0.site.balance }
            try await story.refund(invoice, paidOutAs: "txn_")
            #expect(chargebee.state.withLock { $0.site.balance } == paid - 1000)
        }

        /// Invoices of the contract end in one way each, and what Chargebee says of that is delivered in any order, and often.
        private static func events(_ story: Collections.Story, _ chargebee: ChargebeeStandIn) async throws {
            let service = story.service
            let before = chargebee.events.count
            var ours: [String] = []
            for _ in 0..<3 { ours.append(try await service.invoice(story.customer)) }
            let theirs = try await service.database.texts(
                "SELECT invoice_id FROM main.invoice WHERE id = ANY ($1::uuid[]) ORDER BY id",
                [.text("{\(ours.joined(separator: ","))}")])
            for invoice in ours { #expect(try await service.status(ofInvoice: invoice) == "payment_due") }
            chargebee.state.withLock {
                $0.site.settle(theirs[0])
                $0.site.writeOff(theirs[1])
                $0.site.cancel(theirs[2])
            }
            let sent = Array(chargebee.events.dropFirst(before))
            #expect(sent.count == 6)
            for event in (sent + sent).shuffled() {
                let delivered = try await Self.deliver(event, service)
                #expect(delivered.status == 204, "\(delivered.text)")
            }
            let statuses = try await service.database.texts(
                "SELECT invoice_status FROM main.invoice WHERE id = ANY ($1::uuid[]) ORDER BY id",
                [.text("{\(ours.joined(separator: ","))}")])
            #expect(statuses == ["paid", "uncollectible", "voided"])
            for other: JSONValue in [
                [
                    "id": "ev_x", "event_type": "payment_succeeded",
                    "content": ["invoice": ["id": "INV/other", "status": "paid"]],
                ],
                ["id": "ev_y", "event_type": "customer_created", "content": [:]],
            ] {
                #expect(try await Self.deliver(other, service).status == 204)
            }
            for wrong: JSONValue in [
                [:], ["id": "", "event_type": "x", "content": [:]], ["id": "1", "event_type": "x", "content": 1],
            ] {
                #expect(try await Self.deliver(wrong, service).status == 422)
            }
        }
    }
}
