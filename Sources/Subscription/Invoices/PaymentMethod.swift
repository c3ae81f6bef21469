import Entities

/// How an invoice is paid (docs/contract/arc-api.md 6.9).
enum PaymentMethod: String, FieldValue, CaseIterable {
    case cash
    case check
    case bankTransfer = "bank_transfer"
    case other
    case custom
    /// A way to pay that the provider keeps.
    case source = "payment_source"
}

/// The result of a payment.
enum PaymentStatus: String, FieldValue, CaseIterable {
    case success
    case failure
    /// Announced; an operator or the provider will confirm it.
    case pending
}
