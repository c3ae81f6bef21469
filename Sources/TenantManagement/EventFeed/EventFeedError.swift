/// Why a part of a feed cannot be shown.
enum EventFeedError: Error, Sendable, Hashable {
    /// Events after the number have been deleted: their retention is over.
    case expired(firstAvailable: Int64)
    /// No such number was given yet.
    case ahead(after: Int64, last: Int64)
    /// A tenant's user has named another tenant.
    case notFound
}
