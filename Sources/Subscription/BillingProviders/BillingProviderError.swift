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
    /// The provider cannot be reached, and nothing was sent to it.
    case unavailable
    /// A request was sent and its answer did not arrive. If it was a change, it may have been made; under the same idempotency key it
    /// can be asked for again.
    case outcomeUnknown
    /// No provider is configured.
    case notConfigured
}
