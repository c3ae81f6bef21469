/// Why a delivery cannot be made.
enum DeliveryError: Error, Sendable, Hashable {
    /// There is no such endpoint, or it is not the caller's.
    case noEndpoint
    /// There is no such delivery, it is not the caller's, or its endpoint was deleted.
    case noDelivery
    /// It is being sent.
    case inProgress
    /// A replay has more events than it may have.
    case tooManyEvents(limit: Int)
}
