/// Why an invoice cannot be collected as asked for.
enum CollectionError: Error, Sendable, Hashable {
    /// The provider moves no money.
    case noCharges
    /// There is no such invoice, or nobody collects it.
    case notFound
    /// There is no such subscription, or the billing engine does not bill it.
    case subscriptionNotFound
    /// It is paid, void, or given up.
    case closed
    /// A payment is under way, and its outcome is not known yet.
    case underWay
    /// An operator lets it rest.
    case paused
}
