import Billing
import JSONCoding
import Primitives

// A subscription gets a price of its own, perhaps until a day, and what its plan costs comes back.

extension SubscriptionActionPlanner {
    func override(_ request: SubscriptionActionRequest, at: CalendarDate) throws -> SubscriptionActionOutcome {
        guard let currency = billed.currency.flatMap({ try? Currency($0) }), let text = request.amount else {
            throw SubscriptionActionError.notFound
        }
        let amount: Money
        do {
            amount = try Money(decimal: text, currency: currency)
        } catch {
            throw SubscriptionActionError.invalid(pointer: "/amount", reason: "must be an amount: \(error)")
        }
        let first = max(at, start)
        if let until = request.until, until <= first {
            throw SubscriptionActionError.invalid(pointer: "/until", reason: "must be after \(first)")
        }
        if billed.billing.entries.contains(where: { $0.state == .scheduled && $0.plan != nil }) {
            throw SubscriptionActionError.impossible(
                .override, "a change of the plan is scheduled, and its price would take the place of this one")
        }
        let regular = billed.billing.regularPrice
        var outcome = SubscriptionActionOutcome(billed)
        cancelOverrides(in: &outcome)
        var entry = entry(
            .change, at: first, policy: try policy(of: request, SubscriptionActionSchemas.overridePolicies))
        entry.change["price"] = ["model": "per_unit", "unitAmount": .string(amount.decimalText)]
        (entry.origin, entry.note) = (.override, request.note)
        outcome.add(entry)
        if let until = request.until {
            outcome.billed.billing.entries.append(
                end(at: until, to: regular, policy: .atPeriodEnd, position: entry.position + 1))
        }
        return outcome
    }

    func endOverride(_ request: SubscriptionActionRequest, at: CalendarDate) throws -> SubscriptionActionOutcome {
        guard let override = billed.billing.override else {
            throw SubscriptionActionError.impossible(.endOverride, "it has no price of its own")
        }
        let regular = billed.billing.regularPrice
        var outcome = SubscriptionActionOutcome(billed)
        cancelOverrides(in: &outcome)
        // One that has not begun never does.
        let isWaiting = override.entry.state == .scheduled && (override.entry.effectiveOn.map { $0 > today } ?? true)
        guard !isWaiting else { return outcome }
        let policy = try policy(of: request, SubscriptionActionSchemas.overridePolicies)
        let position = self.entry(.change, at: at, policy: policy).position
        outcome.add(end(at: max(at, start), to: regular, policy: policy, position: position))
        return outcome
    }

    /// What brings the price of the plan back.
    private func end(
        at day: CalendarDate, to regular: SubscriptionBilling.RegularPrice, policy: ChangePolicy, position: Int
    ) -> SubscriptionBilling.Entry {
        let draft = entry(.change, at: day, policy: policy)
        var change = draft.change
        change["price"] = regular.price
        return SubscriptionBilling.Entry(
            id: .v7(at: now), position: position, kind: .change, state: .scheduled, requestedOn: today,
            effectiveOn: nil, plan: nil, change: change, planVersion: regular.version, origin: .overrideEnd)
    }

    /// Prices of its own that are scheduled, and their ends.
    private func cancelOverrides(in outcome: inout SubscriptionActionOutcome) {
        for entry in billed.billing.currentEntries where entry.state == .scheduled {
            if entry.origin == .override || entry.origin == .overrideEnd { outcome.cancel(entry) }
        }
    }

    /// A price of another plan takes the place of one of its own, and nothing brings the old one back.
    func endOverrides(from entry: SubscriptionBilling.Entry, in outcome: inout SubscriptionActionOutcome) {
        guard let day = entry.day else { return }
        for known in billed.billing.currentEntries where known.state == .scheduled && (known.day ?? day) >= day {
            if known.origin == .override || known.origin == .overrideEnd { outcome.cancel(known) }
        }
    }
}
