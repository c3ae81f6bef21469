/// Why an endpoint cannot be added or changed.
enum WebhookEndpointError: Error, Sendable, Hashable {
    /// There is no such endpoint, or it is not the caller's.
    case notFound
    /// The tenant has as many endpoints as it may.
    case tooMany(limit: Int)
    /// The stored key cannot be opened: `DATA_ENCRYPTION_KEY` has changed.
    case keyUnreadable
}
