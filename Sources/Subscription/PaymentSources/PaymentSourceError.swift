/// Why a payment source cannot be read or made.
enum PaymentSourceError: Error, Sendable, Hashable {
    /// There is no such customer for this caller.
    case customerNotFound
    /// There is no such payment source for this caller.
    case notFound
}
