import Entities

/// Why usage cannot be recorded or shown.
enum UsageError: Error, Sendable, Hashable {
    /// Events of the request are wrong; nothing was stored.
    case refused([ValidationDetail])
    /// An event with this id was stored before and says something else: the item of the request.
    case eventIDReused(item: Int)
    /// There is no such tenant, or it is not the caller's.
    case tenantNotFound
    /// A parameter of a request for usage is missing or cannot be used.
    case parameter(String, value: String?, reason: String)
}
