import Primitives

/// One of the feeds: each has its own numbers, without gaps.
enum EventFeed: Sendable, Hashable {
    /// All events, for operators.
    case everything
    /// All events of a tenant, for operators.
    case ofTenant(Identifier)
    /// Those events of a tenant that its own users see.
    case own(Identifier)

    var tenant: Identifier? {
        switch self {
        case .everything: nil
        case .ofTenant(let tenant), .own(let tenant): tenant
        }
    }
}
