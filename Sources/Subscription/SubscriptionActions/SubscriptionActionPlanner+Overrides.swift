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
        if billed.billing.currentEntries.contains(where: { $0.state == .scheduled && $0.plan != nil }) {
            throw SubscriptionActionError.impossible(
                .override, "a change of plan is scheduled, whose price would replace this one")
        }
        let regular = billed.billing.regularPrice
        var outcome = SubscriptionActionOutcome(billed)
        var entry = entry(
            .change, at: first, policy: try policy(of: request, SubscriptionActionSchemas.overridePolicies))
        entry.change["price"] = amount.enginePrice
        (entry.origin, entry.note) = (.override, request.note)
        outcome.add(entry)
        if let until = request.until {
            outcome.billed.billing.entries.append(
                end(at: until, to: regular, policy: .atPeriodEnd, position: entry.position + 1))
        }
        return outcome
    }

    func endOverride(_ request: SubscriptionActionRequest, at: CalendarDate) throws -> SubscriptionActionOutcome {
        let billing = billed.billing
        let first = max(at, start)
        let policy = try policy(of: request, SubscriptionActionSchemas.overridePolicies)
        // One that has not begun by then never does.
        let (earlier, waiting) = billing.scheduledOverrides.reduce(
            into: ([SubscriptionBilling.Entry](), [SubscriptionBilling.Entry]())
        ) { parts, entry in
            if (entry.effect ?? first) < first { parts.0.append(entry) } else { parts.1.append(entry) }
        }
        var outcome = SubscriptionActionOutcome(billed)
        for entry in waiting { outcome.cancel(entry, withEndIn: billing) }
        guard let last = earlier.last ?? billing.activeOverride else {
            guard !waiting.isEmpty else {
                throw SubscriptionActionError.impossible(.endOverride, "it has no price of its own")
            }
            return outcome
        }
        if let end = outcome.billed.billing.overrideEnds.last(where: { $0.position > last.position }),
            let day = end.effect, day <= first
        {
            guard !waiting.isEmpty else {
                throw SubscriptionActionError.impossible(.endOverride, "its price of its own ends on \(day)")
            }
            return outcome
        }
        let position = self.entry(.change, at: at, policy: policy).position
        outcome.add(end(at: first, to: billing.regularPrice, policy: policy, position: position))
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
}

extension SubscriptionActionOutcome {
    /// Takes a price of its own away that was scheduled, and what was to end it.
    mutating func cancel(_ override: SubscriptionBilling.Entry, withEndIn billing: SubscriptionBilling) {
        cancel(override)
        if override.origin == .override, let end = billing.end(of: override) { cancel(end) }
    }
}
