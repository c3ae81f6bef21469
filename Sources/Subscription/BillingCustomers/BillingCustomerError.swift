/// Why a billing customer cannot be read or changed.
enum BillingCustomerError: Error, Sendable, Hashable {
    /// There is no such customer for this caller.
    case notFound
    /// There is no such customer to change; the text is how the request named it.
    case unknown(String)
}
