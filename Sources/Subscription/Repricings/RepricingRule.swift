import Billing
import Entities
import JSONCoding
import Primitives

/// What a version of a plan makes of a subscription: its price from the next period on. Pure.
struct RepricingRule: Sendable {
    let plan: Identifier
    /// The number of the version.
    let version: Int
    /// The first day of the version; nil for a draft, as if it were in effect from now on.
    let from: CalendarDate?

    /// Why a subscription keeps its price.
    struct Skip: Error, Hashable {
        let reason: RepricedSubscription.Reason
    }

    /// Another plan, the same price, or nothing to bill: the subscription is not concerned.
    struct Unconcerned: Error {}

    /// What changes.
    struct Effect: Sendable, Hashable {
        let currency: Currency
        let quantity: Rational
        let priceBefore: Rational
        let priceAfter: Rational
        /// In an average month, in minor units.
        let monthlyBefore: Int64
        let monthlyAfter: Int64

        var difference: Int64 { monthlyAfter - monthlyBefore }
    }

    /// What changes for a subscription.
    /// - Parameter terms: Those of the version in the currency of the subscription; nil if it has no price in it.
    /// - Throws: ``Skip``, ``Unconcerned``.
    func effect(on planner: SubscriptionActionPlanner, _ terms: PlanTerms?) throws -> Effect {
        let (standing, billing) = (planner.standing, planner.billed.billing)
        guard standing.plan == plan, let current = standing.progress.items.first else { throw Unconcerned() }
        switch standing.status {
        case .cancelled, .expired: throw Unconcerned()
        case .pending: throw Skip(reason: .pending)
        case .active, .inactive: break
        }
        guard let terms else { throw Skip(reason: .noPrice) }
        let next = BillingProgress.Item(
            price: Price(.perUnit(unitAmount: terms.price.exact), in: terms.price.currency), quantity: current.quantity,
            cycle: terms.cycle)
        let before = overrideCovers(planner) ? try regular(current, billing, terms.price.currency) : current
        guard next.price != before.price || next.cycle != before.cycle else { throw Unconcerned() }
        let scheduled = billing.currentEntries.filter { $0.state == .scheduled }
        if scheduled.contains(where: { $0.kind == .cancel }) { throw Skip(reason: .ending) }
        if let end = standing.progress.end, end <= standing.progress.periodEnd ?? end { throw Skip(reason: .ending) }
        if scheduled.contains(where: { $0.plan != nil && $0.plan != plan }) { throw Skip(reason: .planChange) }
        if scheduled.contains(where: {
            $0.planVersion == version && $0.origin == .repricing && !billing.isSuperseded($0)
        }) {
            throw Skip(reason: .scheduled)
        }
        guard !overrideCovers(planner) || !billing.overrideEnds.isEmpty else { throw Skip(reason: .override) }
        return Effect(
            currency: terms.price.currency, quantity: current.quantity,
            priceBefore: try before.price.amount(for: Measure(quantity: .one)), priceAfter: terms.price.exact,
            monthlyBefore: try Self.monthly(before, in: terms.price.currency),
            monthlyAfter: try Self.monthly(next, in: terms.price.currency))
    }

    /// Whether it has a price of its own, or will in the next period: then the new price comes when that ends.
    private func overrideCovers(_ planner: SubscriptionActionPlanner) -> Bool {
        let billing = planner.billed.billing
        guard billing.activeOverride == nil else { return true }
        let next = planner.standing.progress.periodEnd ?? planner.today
        return billing.scheduledOverrides.first?.effect.map { $0 <= next } ?? false
    }

    /// What the subscription pays for when its price of its own has ended.
    private func regular(
        _ current: BillingProgress.Item, _ billing: SubscriptionBilling, _ currency: Currency
    ) throws -> BillingProgress.Item {
        guard let text = billing.regularPrice.price["unitAmount"]?.stringValue,
            let price = try? Money(decimal: text, currency: currency)
        else { throw Skip(reason: .refused) }
        return BillingProgress.Item(
            price: Price(.perUnit(unitAmount: price.exact), in: currency), quantity: current.quantity,
            cycle: current.cycle)
    }

    private static func monthly(_ item: BillingProgress.Item, in currency: Currency) throws(BillingError) -> Int64 {
        try Money(rounding: item.monthlyPrice, currency: currency).minorUnits
    }

    /// What becomes of the subscription: a change of price is scheduled for the next period, and what comes after prices of its own is
    /// another price.
    func outcome(
        on planner: SubscriptionActionPlanner, _ terms: PlanTerms
    ) -> SubscriptionActionOutcome {
        var outcome = SubscriptionActionOutcome(planner.billed)
        // The next end last: it is what the result is about.
        for var end in planner.billed.billing.overrideEnds.reversed() {
            end.change["price"] = terms.enginePrice
            end.change["interval"] = interval(terms, planner)
            end.planVersion = version
            outcome.replace(end)
        }
        if !overrideCovers(planner) { outcome.add(entry(on: planner, terms)) }
        return outcome
    }

    /// The interval of the plan if the subscription has another one.
    private func interval(_ terms: PlanTerms, _ planner: SubscriptionActionPlanner) -> JSONValue? {
        terms.cycle == planner.standing.progress.items.first?.cycle ? nil : terms.engineInterval
    }

    private func entry(on planner: SubscriptionActionPlanner, _ terms: PlanTerms) -> SubscriptionBilling.Entry {
        let at = max(planner.today, planner.start, from ?? planner.today)
        var entry = planner.entry(.change, at: at, policy: .atPeriodEnd)
        entry.change["price"] = terms.enginePrice
        entry.change["interval"] = interval(terms, planner)
        (entry.planVersion, entry.origin) = (version, .repricing)
        return entry
    }
}
