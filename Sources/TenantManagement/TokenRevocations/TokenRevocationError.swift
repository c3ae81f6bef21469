/// Why tokens cannot be revoked.
enum TokenRevocationError: Error, Sendable, Hashable {
    /// The tenant has as many revocations as it may.
    case tooMany(limit: Int)
}
