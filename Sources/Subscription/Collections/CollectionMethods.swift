import Entities

/// How invoices can be collected in this installation.
struct CollectionMethods: Sendable {
    /// For subscriptions that say nothing; nil: nobody collects.
    let standard: CollectionMethod?
    /// Whether the provider collects money by itself.
    let hasCharges: Bool

    /// The method of a subscription.
    /// - Parameter requested: Nil if nothing was said.
    /// - Throws: ``CollectionError/noCharges`` if the provider cannot do what was requested.
    func method(_ requested: CollectionMethod?) throws(CollectionError) -> CollectionMethod? {
        guard requested != .automatic || hasCharges else { throw .noCharges }
        return requested ?? standard
    }
}
