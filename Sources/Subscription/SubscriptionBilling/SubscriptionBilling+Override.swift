import Billing
import JSONCoding
import Primitives

/// Prices of subscriptions that are not what their plans cost.
extension SubscriptionBilling {
    /// A price of its own, which counts or is scheduled.
    struct Override: Sendable {
        let entry: Entry
        /// What brings the price of the plan back; nil: nothing does.
        let end: Entry?
    }

    /// A price of the plan with its version.
    struct RegularPrice: Sendable, Hashable {
        /// As the engine reads it.
        let price: JSONValue
        let version: Int?
    }

    /// The price of its own that the subscription has, or will have; nil: it has none.
    var override: Override? {
        let priced = currentEntries.filter { $0.item == nil && $0.change["price"] != nil }
        guard let index = priced.lastIndex(where: { $0.origin == .override }) else { return nil }
        let after = priced[(index + 1)...]
        if let end = after.first(where: { $0.origin == .overrideEnd }) {
            return end.state == .scheduled ? Override(entry: priced[index], end: end) : nil
        }
        // Another price has taken its place.
        return after.contains { $0.state == .applied } ? nil : Override(entry: priced[index], end: nil)
    }

    /// What the subscription would cost without a price of its own.
    var regularPrice: RegularPrice {
        var regular = RegularPrice(price: terms["price"] ?? .null, version: planVersion)
        if let restart = entries.last(where: { $0.kind == .restart }) {
            regular = RegularPrice(price: terms["price"] ?? .null, version: restart.planVersion ?? planVersion)
        }
        for entry in currentEntries where entry.item == nil && entry.origin != .override {
            guard let price = entry.change["price"], entry.state == .applied || entry.origin == .overrideEnd else {
                continue
            }
            regular = RegularPrice(price: price, version: entry.planVersion)
        }
        return regular
    }
}
