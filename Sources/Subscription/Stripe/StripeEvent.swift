import JSONCoding
import Primitives

/// What an event of Stripe's means here. Only what cannot be undone is taken from an event, and of a payment it is only a hint to look: so
/// neither the order of deliveries nor repetitions matter.
enum StripeEvent: Sendable, Hashable {
    /// An invoice of the provider's has ended in a status.
    case invoice(String, Invoice.Status)
    /// Something has become of a payment that was begun here.
    case payment(invoice: Identifier, attempt: Int)
    /// Nothing that matters here.
    case other

    private static let statuses: [String: Invoice.Status] = [
        "paid": .paid, "void": .void, "uncollectible": .uncollectible,
    ]

    init(_ event: JSONObject) {
        let object = event["data"]?["object"]
        self =
            switch object?["object"]?.stringValue {
            case "invoice": Self.invoice(object) ?? .other
            case "payment_intent": Self.payment(object?["metadata"]?["key"]?.stringValue ?? "") ?? .other
            default: .other
            }
    }

    private static func invoice(_ object: JSONValue?) -> StripeEvent? {
        guard let id = object?["id"]?.stringValue, !id.isEmpty, id.utf8.count <= 255,
            let status = object?["status"]?.stringValue.flatMap({ statuses[$0] })
        else { return nil }
        return .invoice(id, status)
    }

    /// The payment of a key as ``PaymentAttempt/key`` has it.
    private static func payment(_ key: String) -> StripeEvent? {
        let parts = key.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "collection", let invoice = Identifier(String(parts[1])),
            let attempt = Int32(parts[2])
        else { return nil }
        return .payment(invoice: invoice, attempt: Int(attempt))
    }
}
