import Billing
import Entities
import JSONCoding
import OutboundHTTP
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Synchronization
import TestSupport
import Testing

@testable import Subscription

extension ServiceTests {
    /// What Chargebee has done although nobody has heard of it.
    @Suite struct ChargebeeOutcomes {
        private static let scope = TenantScope.operatorScope(actor: Actor(id: Identifier.v4().description))

        /// Chargebee with a customer and a card.
        private struct Story {
            let chargebee: ChargebeeStandIn
            let provider: any BillingProvider
            let account = BillingAccount(row: .v4(), tenant: TestService.tenantA.description)
            let customer: String

            static func run(_ body: (Story) async throws -> Void) async throws {
                try await ChargebeeStandIn.run { chargebee, url in
                    let side = ChargebeeSide(standIn: chargebee, url: url)
                    try await TestDatabase.with(.subscription) { database in
                        try await database.withPool(user: database.template.runtimeRole) { pool in
                            let provider = try side.provider(try .test(pool))
                            try await withCleanup {
                                try await body(try Story(chargebee, provider, await Story.customer(provider)))
                            } cleanup: {
                                await side.http.shutdown()
                            }
                        }
                    }
                }
            }

            private init(_ chargebee: ChargebeeStandIn, _ provider: any BillingProvider, _ customer: String) throws {
                self.chargebee = chargebee
                self.provider = provider
                self.customer = customer
            }

            static func customer(_ provider: any BillingProvider, key: String = "customer:1") async throws -> String {
                try await provider.createCustomer(
                    CustomerDetails(members: ["firstName": "Ann"]),
                    for: BillingAccount(row: .v4(), tenant: TestService.tenantA.description), idempotencyKey: key,
                    in: scope
                ).value
            }

            var reference: CustomerReference { CustomerReference(account: account, id: customer) }

            func source(_ token: String) async throws -> PaymentSource {
                try await provider.createPaymentSource(
                    NewPaymentSource(card: nil, options: ["token": .string(token)]), for: reference,
                    idempotencyKey: "source:\(token)", in: scope
                ).value
            }

            func order(
                _ source: PaymentSource, _ amount: Int64 = 1999, customer: String? = nil
            ) throws -> ChargeOrder {
                ChargeOrder(
                    invoice: .v4(), number: "A-1", amount: Money(minorUnits: amount, currency: try Currency("USD")),
                    customer: customer ?? self.customer, source: source.id, date: SystemClock().now())
            }

            func charge(_ order: ChargeOrder, _ key: String) async throws -> PaymentResult {
                try await provider.charge(order, idempotencyKey: key, in: scope)
            }

            func outcome(_ order: ChargeOrder, _ key: String) async throws -> PaymentResult? {
                try await provider.outcome(of: order, idempotencyKey: key, in: scope)
            }

            func issue(_ key: String) async throws -> IssuedInvoice {
                let body: JSONObject = [
                    "currencyCode": "USD", "charges": [["amount": 5000, "description": "Premium"]],
                ]
                return try await provider.createInvoice(
                    try DraftInvoice(billing: body), InvoiceDetails(), for: reference, idempotencyKey: key, in: scope
                ).value
            }

            func pay(
                _ invoice: IssuedInvoice, _ key: String, at date: Timestamp = SystemClock().now()
            ) async throws -> PaymentResult {
                try await provider.pay(
                    InvoiceReference(row: .v4(), id: invoice.id),
                    PaymentOrder(
                        amount: 5000, currency: try Currency("USD"), method: .bankTransfer, source: nil,
                        hasFailed: false, date: date, isDated: false, referenceNumber: "77", customMethodID: nil,
                        idAtGateway: nil, errorCode: nil, errorText: nil, comment: "wire"), idempotencyKey: key,
                    in: scope
                ).value
            }

            func refund(_ payment: String, _ amount: Int64, _ key: String) async throws -> RefundResult {
                try await provider.refund(
                    RefundOrder(payment: payment, amount: Money(minorUnits: amount, currency: try Currency("USD"))),
                    idempotencyKey: key, in: scope)
            }

            /// An answer is lost, and the same is asked for again when Chargebee has forgotten the key.
            func repeated<Value>(_ path: String, _ ask: () async throws -> Value) async throws -> Value {
                chargebee.fail(path, .lost)
                await #expect(throws: BillingProviderError.outcomeUnknown) { try await ask() }
                chargebee.forgetKeys()
                return try await ask()
            }

            func site<Value: Sendable>(_ read: (inout ChargebeeSite) -> Value) -> Value {
                chargebee.state.withLock { read(&$0.site) }
            }
        }

        @Test func `whatever answer is lost, everything happens once`() async throws {
            try await Story.run { story in
                // Customers, by their id.
                let again = try await story.repeated("/customers") {
                    try await Story.customer(story.provider, key: "c:2")
                }
                #expect(again != story.customer && story.site { $0.customers.count } == 2)
                #expect(try await Story.customer(story.provider) == story.customer)

                // Invoices, by their order number; the key is longer than Chargebee takes.
                let key = "invoice:\(String(repeating: "k", count: 200))"
                let invoice = try await story.repeated(ChargebeeBilling.creation) { try await story.issue(key) }
                #expect(invoice.status == .paymentDue && story.site { $0.invoices.count } == 1)

                // Payments that were made elsewhere, by the state of their invoice.
                let paid = try await story.repeated("/record_payment") { try await story.pay(invoice, "payment:1") }
                #expect(paid.status == .success && paid.invoiceStatus == .paid)
                #expect(story.site { $0.balance } == 5000)
                // Minutes later the same request is still the same one.
                let later = SystemClock().now().adding(.seconds(600))
                #expect(try await story.pay(invoice, "payment:1", at: later) == paid)

                // Charges are looked for first.
                let card = try await story.source("tok_visa")
                let order = try story.order(card)
                story.chargebee.fail(ChargebeeBilling.creation, .broken)
                await #expect(throws: BillingProviderError.outcomeUnknown) {
                    try await story.charge(order, "collection:a:1")
                }
                story.chargebee.forgetKeys()
                let found = try #require(try await story.outcome(order, "collection:a:1"))
                let payment = try #require(found.idAtGateway)
                #expect(found.status == .success && story.site { $0.balance } == 6999)
                #expect(try await story.outcome(order, "collection:a:2") == nil)
                // A customer that was deleted here meanwhile has no id any more.
                let orphan = try story.order(card, customer: "")
                #expect(try await story.outcome(orphan, "collection:a:1") == found)
                #expect(try await story.outcome(orphan, "collection:a:2") == nil)

                // Refunds, by the notes of their credit note.
                let first = try await story.repeated("/refund") { try await story.refund(payment, 500, "refund:1") }
                guard case .refunded = first else {
                    Issue.record("\(first)")
                    return
                }
                #expect(story.site { $0.balance } == 6499)
                let second = try await story.refund(payment, 500, "refund:2")
                #expect(second != first && story.site { $0.balance } == 5999)
                // Without the notes it cannot be told, and no money moves.
                story.site { $0.showsNotes = false }
                let unclear = try await story.repeated("/refund") { try await story.refund(payment, 300, "refund:3") }
                #expect(unclear == .failed(ChargebeeBilling.unclear) && story.site { $0.balance } == 5699)
                #expect(story.site { $0.attempts } == 2)
            }
        }

        /// The stand-in shows one object on a page.
        @Test func `a customer may have more invoices than are looked through`() async throws {
            try await Story.run { story in
                for number in 0..<25 { _ = try await story.issue("invoice:\(number)") }
                #expect(story.site { $0.invoices.count } == 25)
                let order = try story.order(try await story.source("tok_declined"))
                #expect(try await story.charge(order, "collection:e:1").status == .failure)
                #expect(try await story.outcome(order, "collection:e:1") == nil)
                // Without the customer it could be anybody's, and nobody knows.
                let orphan = try story.order(try await story.source("tok_visa"), customer: "")
                await #expect(throws: BillingProviderError.outcomeUnknown) {
                    try await story.outcome(orphan, "collection:e:2")
                }
            }
        }

        @Test func `what is not paid is collected by nobody else, and failures keep their secrets`() async throws {
            try await Story.run { story in
                // An account may keep the invoice of a declined payment, and would try it again by itself.
                story.site { $0.keepsUnpaid = true }
                let expired = try await story.charge(
                    try story.order(try await story.source("tok_expired")), "collection:b:1")
                #expect(
                    expired.status == .failure && expired.errorCode == "expired_card"
                        && expired.errorText == "The payment was declined.")
                #expect(story.site { $0.invoices.map { $0["status"] } } == ["voided"])
                story.site { $0.keepsUnpaid = false }
                let low = try await story.charge(try story.order(try await story.source("tok_low")), "collection:b:2")
                #expect(low.errorCode == "insufficient_funds" && low.invoiceStatus == .notPaid)

                // Direct debit takes days, and may fail then.
                let debit = try story.order(try await story.source("tok_debit"))
                for (key, isPaid) in [("collection:c:1", true), ("collection:c:2", false)] {
                    #expect(try await story.charge(debit, key).status == .pending)
                    #expect(try await story.outcome(debit, key)?.status == .pending)
                    story.site { $0.finish(isPaid) }
                    #expect(try await story.outcome(debit, key)?.status == (isPaid ? .success : .failure))
                }
                #expect(story.site { $0.invoices.last?["status"] } == "voided")

                // Failures that are Chargebee's, and such that are ours.
                let order = try story.order(try await story.source("tok_visa"))
                func refusal(_ type: String, _ code: String) -> JSONObject {
                    ["type": .string(type), "api_error_code": .string(code), "message": "a secret"]
                }
                for (status, body, expected) in [
                    (401, refusal("invalid_request", "api_authentication_failed"), .unavailable),
                    (403, refusal("invalid_request", "api_authorization_failed"), .unavailable),
                    (404, refusal("invalid_request", "site_not_found"), .unavailable),
                    (404, refusal("invalid_request", "resource_not_found"), .unknownPaymentSource),
                    (
                        400, refusal("invalid_request", "param_wrong_value"),
                        .refused("The billing provider does not accept this.")
                    ),
                    (400, refusal("operation_failed", "internal_error"), .outcomeUnknown),
                    (409, refusal("invalid_request", "resource_locked"), .outcomeUnknown),
                    (422, refusal("invalid_request", "unable_to_process_request"), .outcomeUnknown),
                    (429, refusal("operation_failed", "api_request_limit_exceeded"), .unavailable),
                    (500, refusal("operation_failed", "internal_error"), .outcomeUnknown),
                    (503, [:], .outcomeUnknown),
                ] as [(Int, JSONObject, BillingProviderError)] {
                    story.chargebee.fail(ChargebeeBilling.creation, .answer(status, body))
                    do {
                        _ = try await story.charge(order, "collection:d:1")
                        Issue.record("\(status) was accepted")
                    } catch {
                        #expect(error as? BillingProviderError == expected, "\(status)")
                        #expect(!"\(error)".contains("secret"))
                    }
                }
                // Nothing of this has charged anything; the key is still good.
                #expect(try await story.charge(order, "collection:d:1").status == .success)
                #expect(story.site { $0.balance } == 2 * 1999)
                // A customer that is gone cannot be read, changed or paid by.
                let gone = CustomerReference(account: story.account, id: "arc_gone/../x")
                await #expect(throws: BillingProviderError.unknownCustomer) {
                    try await story.provider.customer(gone, in: Self.scope)
                }
                _ = try await story.provider.deleteCustomer(gone, idempotencyKey: "d:1", in: Self.scope)
            }
        }
    }
}
