import Entities

/// What a billing provider can answer instead of a result.
enum BillingProviderError: Error, Sendable, Hashable {
    /// The provider knows no such customer.
    case unknownCustomer
    /// The provider knows no such invoice.
    case unknownInvoice
    /// The provider knows no such payment source.
    case unknownPaymentSource
    /// Members of the body that the provider cannot work with.
    case invalid([ValidationDetail])
    /// The provider refuses; the message is for the client and must hold nothing secret.
    case refused(String)
    /// The provider does not answer. With the same idempotency key it can be asked again.
    case unreachable
    /// No provider is configured.
    case notConfigured
}
