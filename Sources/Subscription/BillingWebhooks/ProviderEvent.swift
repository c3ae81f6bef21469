import JSONCoding
import Primitives

/// What an event of an external provider means here. Only what cannot be undone is taken from an event, and of a payment it is only a
/// hint to look: so neither the order of deliveries nor repetitions matter.
enum ProviderEvent: Sendable, Hashable {
    /// An invoice of the provider's has ended in a status.
    case invoice(String, Invoice.Status)
    /// Something has become of a payment that was begun here.
    case payment(invoice: Identifier, attempt: Int)
    /// Nothing that matters here.
    case other

    /// That an invoice has ended in a status, if it has an id that can be one.
    init(invoice id: String?, _ status: Invoice.Status?) {
        guard let id, let status, !id.isEmpty, id.utf8.count <= 255 else {
            self = .other
            return
        }
        self = .invoice(id, status)
    }

    /// The payment of a key as ``PaymentAttempt/key`` has it.
    init(paymentKey key: String?) {
        let parts = (key ?? "").split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "collection", let invoice = Identifier(String(parts[1])),
            let attempt = Int32(parts[2])
        else {
            self = .other
            return
        }
        self = .payment(invoice: invoice, attempt: Int(attempt))
    }
}
