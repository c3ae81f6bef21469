/// Why a subscription cannot go on.
enum RenewalError: Error, Sendable, Hashable {
    /// There is no such subscription, or the billing engine does not bill it.
    case notFound
    /// It is not parked.
    case notParked
}
