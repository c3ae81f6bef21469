import Billing
import Crypto
import JSONCoding
import Primitives
import Testing

@testable import Subscription

/// What is sent to Stripe, and what comes from it.
@Suite struct StripeRuleTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    static func signature(_ body: String, at seconds: Int64, secret: String) -> String {
        let key = SymmetricKey(data: Array(secret.utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Array("\(seconds).\(body)".utf8), using: key)
        return "t=\(seconds),v1=\(Hex.encode(Array(code)))"
    }

    @Test func `a signature holds for its body, its time and its secret alone`() {
        let body = #"{"id":"evt_1"}"#
        let good = Self.signature(body, at: Self.now.seconds, secret: "whsec_1")
        func isValid(_ header: String, _ text: String = body, secret: String = "whsec_1") -> Bool {
            StripeSignature.verify(header, body: Array(text.utf8), secret: secret, at: Self.now)
        }
        #expect(isValid(good))
        // While a secret is rotated, there are several.
        #expect(
            isValid(
                "\(good.split(separator: ",")[0]),v1=\(String(repeating: "0", count: 64)),\(good.split(separator: ",")[1])"
            ))
        #expect(!isValid(good, body + " ") && !isValid(good, secret: "whsec_2"))
        for offset: Int64 in [-301, 301, -86_400] {
            #expect(!isValid(Self.signature(body, at: Self.now.seconds + offset, secret: "whsec_1")), "\(offset)")
        }
        for offset: Int64 in [-300, 0, 300] {
            #expect(isValid(Self.signature(body, at: Self.now.seconds + offset, secret: "whsec_1")), "\(offset)")
        }
        for header in [
            "", "t=,v1=", "v1=00", "t=1800000000", "t=9223372036854775807,v1=00", "t=-1800000000,v1=00", "x",
            good.replacing("v1=", with: "v0="), good.replacing("t=1", with: "t=+1"),
        ] {
            #expect(!isValid(header), "\(header)")
        }
    }

    @Test func `forms are encoded, and amounts are counted as Stripe counts them`() throws {
        var form = ProviderForm()
        form.add("metadata[key]", "a:b&c=d é")
        form.add("name", nil)
        form.add("amount", "5")
        #expect(form.text == "metadata%5Bkey%5D=a%3Ab%26c%3Dd%20%C3%A9&amount=5")
        let amounts: [(code: String, units: Int64, stripe: Int64?)] = [
            ("USD", 1999, 1999), ("JPY", 500, 500), ("KWD", 1230, 1230), ("KWD", 1234, nil), ("ISK", 5, 500),
        ]
        for (code, units, stripe) in amounts {
            let money = Money(minorUnits: units, currency: try Currency(code))
            #expect(StripeAmount.units(money) == stripe, "\(code) \(units)")
        }
        for id in ["", "../customers", "a/b", "a?b", "pm_1 ", String(repeating: "a", count: 256)] {
            #expect(throws: BillingProviderError.unknownPaymentSource) {
                try StripeClient.segment(id, else: .unknownPaymentSource)
            }
        }
    }

    /// Events about one invoice and one payment, as an account sends them.
    private static func events(_ statuses: [String]) -> [JSONObject] {
        statuses.enumerated().map { index, status in
            [
                "id": .string("evt_\(index)"), "type": .string("invoice.\(status)"),
                "data": ["object": ["object": "invoice", "id": "in_1", "status": .string(status)]],
            ]
        }
    }

    @Test func `whatever the order and however often, deliveries lead to the same status`() {
        let known = ["draft", "open", "paid", "uncollectible", "void"]
        for _ in 0..<2000 {
            let sent = Self.events((0..<Int.random(in: 1...8)).map { _ in known.randomElement() ?? "open" })
            func outcome(_ deliveries: [JSONObject]) -> Invoice.Status {
                Invoice.Status.open.after(deliveries.map { ProviderEvent(stripe: $0) })
            }
            let repeated = (sent + sent.filter { _ in Bool.random() }).shuffled()
            #expect(outcome(sent) == outcome(repeated), "\(sent)")
        }
        let key = "collection:0198c1d2-7f00-7a51-9c3e-5d2f1a6b4c80:3"
        let payment: JSONObject = [
            "data": ["object": ["object": "payment_intent", "metadata": ["key": .string(key)]]]
        ]
        guard case .payment(_, 3) = ProviderEvent(stripe: payment) else {
            Issue.record("the payment is not recognized")
            return
        }
        let strange: [JSONObject] = [
            [:], ["data": 1], ["data": ["object": []]], ["data": ["object": ["object": "invoice", "status": "paid"]]],
            ["data": ["object": ["object": "payment_intent", "metadata": ["key": "collection:x:1"]]]],
            ["data": ["object": ["object": "payment_intent", "metadata": ["key": "collection::"]]]],
        ]
        for event in strange { #expect(ProviderEvent(stripe: event) == .other, "\(event)") }
    }
}
