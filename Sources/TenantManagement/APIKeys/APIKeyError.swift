import Entities

/// Why an API key cannot be added, rotated or deleted.
enum APIKeyError: Error, Sendable, Hashable {
    /// It would allow what the caller may not do.
    case notHeld([ValidationDetail])
    /// It was not made with the key that makes the request.
    case notOwn
    /// A tenant's own users cannot have keys of the operator.
    case operatorsOnly
    /// The tenant, or the operator, has as many keys as it may.
    case tooMany(limit: Int)
    /// The key was stored, and its response with the secret was lost in a crash. Only the hash is there.
    case secretLost
}
