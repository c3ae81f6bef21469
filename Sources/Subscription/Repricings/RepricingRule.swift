import Billing
import Entities
import JSONCoding
import Primitives

/// What a version of a plan makes of a subscription: its price from the next period on. Pure.
struct RepricingRule: Sendable {
    let plan: Identifier
    /// The number of the version.
    let version: Int
    /// The first day of the version; nil for a draft, which counts from now on.
    let from: CalendarDate?

    /// Why a subscription keeps its price.
    struct Skip: Error, Hashable {
        let reason: RepricedSubscription.Reason
    }

    /// Another plan, the same price, or nothing to bill: it is not concerned.
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
        let standing = planner.standing
        guard standing.plan == plan, let current = standing.progress.items.first else { throw Unconcerned() }
        switch standing.status {
        case .cancelled, .expired: throw Unconcerned()
        case .pending: throw Skip(reason: .pending)
        case .active, .inactive: break
        }
        guard let terms else { throw Skip(reason: .noPrice) }
        let price = Price(.perUnit(unitAmount: terms.price.exact), in: terms.price.currency)
        let isSame = price == current.price && terms.cycle == current.cycle
        guard !isSame || planner.billed.billing.override != nil else { throw Unconcerned() }
        let scheduled = planner.billed.billing.entries.filter { $0.state == .scheduled }
        if scheduled.contains(where: { $0.kind == .cancel }) { throw Skip(reason: .ending) }
        if let end = standing.progress.end, end <= standing.progress.periodEnd ?? end { throw Skip(reason: .ending) }
        if scheduled.contains(where: { $0.plan != nil && $0.plan != plan }) { throw Skip(reason: .planChange) }
        if scheduled.contains(where: { $0.planVersion == version && $0.origin == .repricing }) {
            throw Skip(reason: .scheduled)
        }
        if let override = planner.billed.billing.override { return try effect(on: planner, terms, override) }
        let next = BillingProgress.Item(price: price, quantity: current.quantity, cycle: terms.cycle)
        return Effect(
            currency: terms.price.currency, quantity: current.quantity,
            priceBefore: try current.price.amount(for: Measure(quantity: .one)), priceAfter: terms.price.exact,
            monthlyBefore: try Self.monthly(current, in: terms.price.currency),
            monthlyAfter: try Self.monthly(next, in: terms.price.currency))
    }

    /// A price of its own stays until its end; then the new price comes instead of the old one.
    private func effect(
        on planner: SubscriptionActionPlanner, _ terms: PlanTerms, _ override: SubscriptionBilling.Override
    ) throws -> Effect {
        guard let end = override.end else { throw Skip(reason: .override) }
        guard let item = planner.standing.progress.items.first,
            let text = end.change["price"]?["unitAmount"]?.stringValue,
            let regular = try? Money(decimal: text, currency: terms.price.currency)
        else { throw Skip(reason: .refused) }
        guard regular != terms.price else { throw Unconcerned() }
        func monthly(_ price: Money) throws -> Int64 {
            try Self.monthly(
                BillingProgress.Item(
                    price: Price(.perUnit(unitAmount: price.exact), in: price.currency), quantity: item.quantity,
                    cycle: item.cycle), in: price.currency)
        }
        return Effect(
            currency: terms.price.currency, quantity: item.quantity, priceBefore: regular.exact,
            priceAfter: terms.price.exact, monthlyBefore: try monthly(regular), monthlyAfter: try monthly(terms.price))
    }

    private static func monthly(_ item: BillingProgress.Item, in currency: Currency) throws(BillingError) -> Int64 {
        try Money(rounding: item.monthlyPrice, currency: currency).minorUnits
    }

    /// What becomes of the subscription: a change of price is scheduled for the next period, or what comes after a price of its own is
    /// another price.
    func outcome(
        on planner: SubscriptionActionPlanner, _ terms: PlanTerms
    ) -> SubscriptionActionOutcome {
        var outcome = SubscriptionActionOutcome(planner.billed)
        guard var end = planner.billed.billing.override?.end else {
            outcome.add(entry(on: planner, terms))
            return outcome
        }
        end.change["price"] = terms.enginePrice
        end.planVersion = version
        outcome.replace(end)
        return outcome
    }

    private func entry(on planner: SubscriptionActionPlanner, _ terms: PlanTerms) -> SubscriptionBilling.Entry {
        let at = max(planner.today, planner.start, from ?? planner.today)
        var entry = planner.entry(.change, at: at, policy: .atPeriodEnd)
        entry.change["price"] = terms.enginePrice
        if terms.cycle != planner.standing.progress.items.first?.cycle {
            entry.change["interval"] = terms.engineInterval
        }
        (entry.planVersion, entry.origin) = (version, .repricing)
        return entry
    }
}
