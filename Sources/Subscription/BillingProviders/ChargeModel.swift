import Billing
import Primitives

/// An amount that a provider is to collect by a way to pay, while the payer is not there.
struct ChargeOrder: Sendable, Hashable {
    let invoice: Identifier
    /// The number of the invoice, for statements of the payer.
    let number: String?
    let amount: Money
    /// The provider's ids of the customer and of the way to pay.
    let customer: String
    let source: String
    /// When it was begun.
    let date: Timestamp
}

/// What a provider has to pay back.
struct RefundOrder: Sendable, Hashable {
    /// The provider's id of the payment.
    let payment: String
    let amount: Money
}

/// What a provider says of a refund.
enum RefundResult: Sendable, Hashable {
    /// It is paid out, or will be; the provider's id of it.
    case refunded(String)
    /// It is refused for a reason.
    case failed(String)
}

extension PaymentResult {
    /// A payment that has failed.
    /// - Parameters:
    ///   - code: One of ``DeclineCode``, or of the provider's.
    ///   - text: For people.
    static func failure(_ code: String, _ text: String) -> PaymentResult {
        PaymentResult(status: .failure, invoiceStatus: .notPaid, errorCode: code, errorText: text)
    }
}
