import Billing
import JSONCoding
import Primitives

/// Prices of subscriptions that are not what their plans cost.
extension SubscriptionBilling {
    /// A price of the plan with its version.
    struct RegularPrice: Sendable, Hashable {
        /// As the engine reads it.
        let price: JSONValue
        let version: Int?
    }

    /// Whether something that was scheduled never happens, because another price takes effect before, for which it was not made: that of
    /// another plan, one of its own, or a newer one of the plan. If that is canceled, it happens after all.
    func isSuperseded(_ entry: Entry) -> Bool { superseding(entry) != nil }

    /// What takes the place of something that is scheduled.
    func superseding(_ entry: Entry) -> Entry? {
        guard entry.state == .scheduled, let origin = entry.origin, let effect = entry.effect else { return nil }
        return entries.last { other in
            guard other.position > entry.position, other.state != .canceled else { return false }
            guard let known = other.effect, known <= effect else { return false }
            if other.plan != nil, other.kind == .change { return true }
            switch other.origin {
            case .override, .overrideEnd: return true
            case .repricing: return origin == .repricing
            case nil: return false
            }
        }
    }

    /// Prices of the subscription that count, or will.
    private var prices: [Entry] {
        currentEntries.filter { $0.item == nil && $0.change["price"] != nil && !isSuperseded($0) }
    }

    /// The price of its own that counts; nil: what the plan costs does.
    var activeOverride: Entry? {
        let last = prices.filter { $0.state == .applied }.max { $0.takesEffect(before: $1) }
        return last?.origin == .override ? last : nil
    }

    /// Prices of its own that are scheduled, the next one first.
    var scheduledOverrides: [Entry] { scheduled(.override) }

    /// What brings the price of the plan back, the next one first.
    var overrideEnds: [Entry] { scheduled(.overrideEnd) }

    private func scheduled(_ origin: SubscriptionChange.Origin) -> [Entry] {
        prices.filter { $0.state == .scheduled && $0.origin == origin }.sorted { $0.takesEffect(before: $1) }
    }

    /// The end that was agreed on with a price of its own.
    func end(of override: Entry) -> Entry? {
        let later = entries.filter { $0.position > override.position && $0.origin != nil }
        guard let next = later.min(by: { $0.position < $1.position }), next.origin == .overrideEnd else { return nil }
        return next.state == .scheduled ? next : nil
    }

    /// What the subscription would cost without a price of its own, also by what is scheduled.
    var regularPrice: RegularPrice { regularPrice(byScheduled: true) }

    /// The version of the plan whose price counts, or would without a price of its own.
    var currentVersion: Int { regularPrice(byScheduled: false).version ?? 0 }

    private func regularPrice(byScheduled: Bool) -> RegularPrice {
        var regular = RegularPrice(price: terms["price"] ?? .null, version: planVersion)
        if let restart = entries.last(where: { $0.kind == .restart }) {
            regular = RegularPrice(price: terms["price"] ?? .null, version: restart.planVersion ?? planVersion)
        }
        for entry in prices.sorted(by: { $0.takesEffect(before: $1) }) where entry.origin != .override {
            let counts = entry.state == .applied || byScheduled && entry.origin != nil
            guard let price = entry.change["price"], counts else { continue }
            regular = RegularPrice(price: price, version: entry.planVersion)
        }
        return regular
    }
}

extension SubscriptionBilling.Entry {
    /// The first day on which it counts, as far as it is known.
    var effect: CalendarDate? { effectiveOn ?? day }
}
