import Billing
import Entities
import JSONCoding
import Primitives

/// A payment that is asked for or reported.
struct PaymentOrder: Sendable, Hashable {
    /// In minor units.
    let amount: Int64
    /// Nil for invoices of the original, which have none.
    let currency: Currency?
    let method: PaymentMethod
    /// For the method ``PaymentMethod/source``.
    let source: PaymentSource?
    /// Whether the reported payment has failed.
    let hasFailed: Bool
    /// When it was made.
    let date: Timestamp
    /// Whether the client has named the date. Otherwise it is the time of the request, which is a different one for each repetition.
    let isDated: Bool
    let referenceNumber: String?
    let customMethodID: String?
    let idAtGateway: String?
    let errorCode: String?
    let errorText: String?
    let comment: String?
}

/// What a provider says of a payment.
struct PaymentResult: Sendable, Hashable {
    let status: PaymentStatus
    /// The status of the invoice after the payment.
    let invoiceStatus: Invoice.Status
    var idAtGateway: String?
    var errorCode: String?
    var errorText: String?
}

/// A way to pay.
struct PaymentSource: Sendable, Hashable {
    /// Primary key of the row, where the provider keeps it with us.
    let row: Identifier?
    /// The provider's id.
    let id: String
    /// The provider's id of the customer.
    let customer: String
    let card: CardSummary?
    /// Version of the row; a source that the provider keeps to itself has one only, as sources do not change.
    var version: Int64 = 1
}

/// What may be known of a card.
struct CardSummary: Sendable, Hashable {
    let gatewayAccountID: String?
    let lastFour: String
    let expiry: CardExpiry
}

/// The last month in which a card can be used.
struct CardExpiry: Sendable, Hashable {
    let year: Int
    let month: Int

    /// Whether the month is over (UTC).
    func isOver(at instant: Timestamp) -> Bool {
        let today = CalendarDate(of: instant)
        return (year, month) < (today.year, today.month)
    }
}

/// A card as it was sent: on its way to the provider, to be kept nowhere. Never shows itself.
struct Card: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let summary: CardSummary
    /// Digits only.
    let number: String
    let verificationCode: String

    var description: String { "card" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}

/// A way to pay that is to be kept.
struct NewPaymentSource: Sendable {
    let card: Card?
    /// For the provider, such as the token of a card that the client has given to it directly.
    let options: JSONValue?
}
