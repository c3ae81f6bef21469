import Billing
import Configuration
import ConfigurationChecks
import JSONCoding
import Primitives
import Testing

@testable import Subscription

/// What is sent to Chargebee, and what comes from it.
@Suite struct ChargebeeRuleTests {
    @Test func `amounts are counted as Chargebee counts them, and ids and keys fit`() throws {
        let amounts: [(code: String, units: Int64, chargebee: Int64?)] = [
            ("USD", 1999, 1999), ("JPY", 500, 500), ("KWD", 1230, 123), ("KWD", 1234, nil), ("ISK", 5, nil),
        ]
        for (code, units, chargebee) in amounts {
            let money = Money(minorUnits: units, currency: try Currency(code))
            #expect(ChargebeeAmount.units(money) == chargebee, "\(code) \(units)")
        }
        #expect(
            try ChargebeeClient.segment("INV/2030 1".replacing(" ", with: "-"), else: .unknownInvoice) == "INV%2F2030-1"
        )
        for id in ["", ".", "..", "a b", "a\n", String(repeating: "a", count: 51)] {
            #expect(throws: BillingProviderError.unknownInvoice) {
                try ChargebeeClient.segment(id, else: .unknownInvoice)
            }
        }
        let key = "collection:0198c1d2-7f00-7a51-9c3e-5d2f1a6b4c80:3"
        #expect(ChargebeeClient.key(key) == key)
        let long = [String(repeating: "k", count: 101), "ä key", "a key"].map { ChargebeeClient.key($0) }
        #expect(Set(long).count == 3 && long.allSatisfy { $0.utf8.count == 64 })
    }

    @Test func `why a payment was declined is told in the words of card networks`() {
        for (cause, message, code) in [
            ("gateway.general.decline", nil, "card_declined"), (nil, nil, "card_declined"),
            ("gateway.general.decline", "Error message: (expired_card) Your card has expired.", "expired_card"),
            ("gateway.transaction_processing.low_balance", "(4000) no", "insufficient_funds"),
            ("gateway.card.lost_card", "() no", "lost_card"), ("gateway.card.card_stolen", nil, "stolen_card"),
            ("gateway.payment_method.expired_card", nil, "expired_card"),
            ("gateway.network.lost_connection", nil, "gateway.network.lost_connection"),
            ("A sentence with a secret", "(A secret)", "card_declined"),
        ] as [(String?, String?, String)] {
            #expect(ChargebeeDecline.code(cause: cause, message: message) == code)
        }
    }

    private static func event(_ number: Int, _ invoice: JSONObject) -> JSONObject {
        [
            "id": .string("ev_\(number)"), "event_type": "invoice_updated", "content": ["invoice": .object(invoice)],
        ]
    }

    @Test func `whatever the order and however often, deliveries lead to the same status`() {
        let known = ["pending", "posted", "payment_due", "not_paid", "paid", "voided", "written off"]
        for _ in 0..<2000 {
            let sent = (0..<Int.random(in: 1...8)).map { number in
                let status = known.randomElement() ?? "paid"
                let isWrittenOff = status == "written off"
                return Self.event(
                    number,
                    [
                        "id": "INV/1", "status": .string(isWrittenOff ? "paid" : status),
                        "write_off_amount": .integer(isWrittenOff ? 500 : 0),
                    ])
            }
            func outcome(_ deliveries: [JSONObject]) -> Invoice.Status {
                Invoice.Status.paymentDue.after(deliveries.map { ProviderEvent(chargebee: $0) })
            }
            let repeated = (sent + sent.filter { _ in Bool.random() }).shuffled()
            #expect(outcome(sent) == outcome(repeated), "\(sent)")
        }
        let key = "collection:0198c1d2-7f00-7a51-9c3e-5d2f1a6b4c80:3"
        let payment = Self.event(1, ["id": "INV/1", "status": "paid", "po_number": .string(key)])
        guard case .payment(_, 3) = ProviderEvent(chargebee: payment) else {
            Issue.record("the payment is not recognized")
            return
        }
        let strange: [JSONObject] = [
            [:], ["content": 1], ["content": ["invoice": []]], Self.event(1, ["status": "paid"]),
            Self.event(1, ["id": "", "status": "paid"]), Self.event(1, ["id": "INV/1", "status": "not_paid"]),
            ["content": ["customer": ["id": "1"]]],
        ]
        for event in strange { #expect(ProviderEvent(chargebee: event) == .other, "\(event)") }
    }

    @Test func `half a configuration is refused`() throws {
        func reader(_ variables: [String: String]) -> ConfigReader {
            ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
        }
        let whole = ["BILLING_PROVIDER": "chargebee", "CHARGEBEE_SITE": "acme-test", "CHARGEBEE_API_KEY": "s3cr3t"]
        let configuration = try ChargebeeConfiguration(reader: reader(whole))
        #expect(configuration.base == "https://acme-test.chargebee.com")
        #expect(!"\(configuration)".contains("s3cr3t") && !String(reflecting: configuration).contains("s3cr3t"))
        #expect(try ChargebeeConfiguration.webhookCredentials(reader: reader(whole)) == nil)
        for (change, name) in [
            (["CHARGEBEE_SITE": ""], "CHARGEBEE_SITE"), (["CHARGEBEE_API_KEY": ""], "CHARGEBEE_API_KEY"),
            (["CHARGEBEE_SITE": "acme.example.com/"], "CHARGEBEE_SITE"),
            (["CHARGEBEE_API_BASE": "http://acme.example.com"], "CHARGEBEE_API_BASE"),
            (["CHARGEBEE_WEBHOOK_USERNAME": "u"], "CHARGEBEE_WEBHOOK_PASSWORD"),
            (["CHARGEBEE_WEBHOOK_PASSWORD": "s3cr3t"], "CHARGEBEE_WEBHOOK_USERNAME"),
        ] {
            do throws(ConfigurationFailure) {
                let reader = reader(whole.merging(change) { $1 })
                _ = try ChargebeeConfiguration(reader: reader)
                _ = try ChargebeeConfiguration.webhookCredentials(reader: reader)
                Issue.record("\(change) was accepted")
            } catch {
                #expect(error.key == name && !error.description.contains("s3cr3t"), "\(error)")
            }
        }
    }
}
