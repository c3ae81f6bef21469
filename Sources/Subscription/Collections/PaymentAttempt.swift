import Billing
import Primitives

/// A payment of an invoice that was begun: it is stored before the provider is asked, so that a crash leaves no payment that nobody
/// knows of, and its key is the same whoever finishes it.
struct PaymentAttempt: Sendable {
    let invoice: Identifier
    let number: Int
    /// The provider's ids of the customer and of the way to pay.
    let customer: String
    let source: String
    let amount: Money
    let startedOn: Timestamp
    /// Whether it was begun before: the provider may have heard of it.
    let isResumed: Bool

    /// The same for all who ask for this payment.
    var key: String { "collection:\(invoice):\(number)" }
}
