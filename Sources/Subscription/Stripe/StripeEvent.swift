import JSONCoding

extension ProviderEvent {
    private static let statusesOfStripe: [String: Invoice.Status] = [
        "paid": .paid, "void": .void, "uncollectible": .uncollectible,
    ]

    /// An event of Stripe's.
    init(stripe event: JSONObject) {
        let object = event["data"]?["object"]
        switch object?["object"]?.stringValue {
        case "invoice":
            self.init(
                invoice: object?["id"]?.stringValue,
                object?["status"]?.stringValue.flatMap { Self.statusesOfStripe[$0] })
        case "payment_intent": self.init(paymentKey: object?["metadata"]?["key"]?.stringValue)
        default: self = .other
        }
    }
}
