import Billing
import Entities
import JSONCoding
import Primitives

/// The rules of actions on a subscription: what each needs, and what happens by it. Pure.
struct SubscriptionActionPlanner: Sendable {
    /// The subscription with everything that is due today.
    let billed: BilledSubscription
    /// How it stands today.
    let standing: SubscriptionStanding
    /// The current plan as JSON, for its rules of changes.
    let plan: JSONValue?
    /// The plan that the request names, or the current one where an action needs its terms.
    let target: PlanTerms?
    /// The add-on that the request names, and those that were ever attached.
    let addOns: [Identifier: AddOnTerms]
    let policies: PlanChangePolicy
    let now: Timestamp
    /// The prices of usage of the target.
    var metered: [MeteredPriceRepository.Agreed] = []

    var today: CalendarDate { billed.today }
    var start: CalendarDate {
        (billed.billing.terms["start"]?.stringValue).flatMap { try? CalendarDate($0) } ?? today
    }

    /// What the action makes of it.
    /// - Throws: ``SubscriptionActionError``.
    func outcome(of request: SubscriptionActionRequest) throws -> SubscriptionActionOutcome {
        let action = request.action
        let at = request.at ?? today
        guard at >= today else {
            throw SubscriptionActionError.invalid(pointer: "/at", reason: "must not be before \(today), which is today")
        }
        let status = try status(on: at)
        guard action.statuses.contains(status) else { throw SubscriptionActionError.illegal(action, status) }
        switch action {
        case .activate:
            var outcome = SubscriptionActionOutcome(billed, status: .active)
            outcome.issuesDrafts = true
            return outcome
        case .change: return try change(request, at: at)
        case .cancel: return try cancel(request, at: at, from: status)
        case .uncancel: return try uncancel()
        case .pause: return try pause(request, at: at)
        case .resume: return try resume(request, at: at)
        case .renew: return try renew(request)
        case .attach: return try attach(request, at: at)
        case .detach: return try detach(request, at: at)
        case .override: return try override(request, at: at)
        case .endOverride: return try endOverride(request, at: at)
        }
    }

    /// The status at the beginning of a day, as far as it is known today.
    private func status(on day: CalendarDate) throws -> TenantSubscription.Status {
        guard day > today else { return standing.status }
        var rows = billed.rows
        rows.status = standing.status
        do {
            return try SubscriptionStanding(
                of: billed.billing, rows, on: day.adding(days: -1), in: billed.zone, by: billed.reader
            ).status
        } catch let refusal as ScenarioRefusal {
            throw SubscriptionActionError.invalid(pointer: "/at", reason: "cannot be computed: \(refusal.reason)")
        }
    }

    // MARK: Ends

    private func cancel(
        _ request: SubscriptionActionRequest, at: CalendarDate, from status: TenantSubscription.Status
    ) throws -> SubscriptionActionOutcome {
        guard scheduledCancellation == nil else {
            throw SubscriptionActionError.impossible(.cancel, "a cancellation is scheduled; uncancel takes it back")
        }
        if status == .pending || (at == today && today < start) {
            // Nothing was provided: there is nothing to bill or to credit.
            var outcome = SubscriptionActionOutcome(billed, status: .cancelled)
            var entry = entry(.cancel, at: max(at, start), policy: .none)
            (entry.state, entry.effectiveOn) = (.applied, today)
            outcome.add(entry)
            outcome.voidsDrafts = true
            return outcome
        }
        let policy = try policy(of: request, [.atPeriodEnd, .prorateNow, .none])
        var outcome = SubscriptionActionOutcome(billed)
        outcome.add(entry(.cancel, at: at, policy: policy))
        return outcome
    }

    private var scheduledCancellation: SubscriptionBilling.Entry? {
        billed.billing.entries.last { $0.kind == .cancel && $0.state == .scheduled }
    }

    private func uncancel() throws -> SubscriptionActionOutcome {
        guard let entry = scheduledCancellation else {
            throw SubscriptionActionError.impossible(.uncancel, "no cancellation is scheduled")
        }
        var outcome = SubscriptionActionOutcome(billed)
        outcome.cancel(entry)
        return outcome
    }

    // MARK: Pauses

    private func pause(_ request: SubscriptionActionRequest, at: CalendarDate) throws -> SubscriptionActionOutcome {
        guard at >= start else {
            throw SubscriptionActionError.impossible(.pause, "the subscription starts on \(start)")
        }
        var outcome = SubscriptionActionOutcome(billed)
        outcome.add(entry(.pause, at: at, policy: try policy(of: request, [.prorateNow, .none])))
        return outcome
    }

    private func resume(_ request: SubscriptionActionRequest, at: CalendarDate) throws -> SubscriptionActionOutcome {
        let policy = try policy(of: request, [.prorateNow, .none])
        // An operator may have made it INACTIVE before the engine billed it.
        guard at > today || standing.progress.isPaused else {
            return SubscriptionActionOutcome(billed, status: .active)
        }
        var outcome = SubscriptionActionOutcome(billed)
        outcome.add(entry(.resume, at: at, policy: policy))
        return outcome
    }

    // MARK: Renewal

    private func renew(_ request: SubscriptionActionRequest) throws -> SubscriptionActionOutcome {
        let terms = billed.billing.terms
        let original = billed.billing.scenario["term"]?["periods"]?.intValue
        if standing.status == .expired {
            guard let target else { throw SubscriptionActionError.impossible(.renew, "its plan is gone") }
            var outcome = SubscriptionActionOutcome(billed, status: .active)
            var entry = try restart(begunAnew(terms, on: target, periods: request.periods ?? original))
            entry.planVersion = target.version
            outcome.add(entry)
            return outcome
        }
        guard original != nil, terms["term"] != nil else {
            throw SubscriptionActionError.impossible(.renew, "it has no term and renews until it is canceled")
        }
        guard scheduledCancellation == nil else {
            throw SubscriptionActionError.impossible(.renew, "a cancellation is scheduled; uncancel takes it back")
        }
        var entry = entry(.renew, at: today, policy: nil)
        entry.change["periods"] = .integer(request.periods ?? original ?? 1)
        var outcome = SubscriptionActionOutcome(billed)
        outcome.add(entry)
        return outcome
    }

    /// What is agreed when a subscription that has ended begins again today, on what its plan costs now.
    private func begunAnew(_ terms: JSONObject, on plan: PlanTerms, periods: Int?) throws -> JSONObject {
        try requireCurrency(of: plan)
        var anew = terms
        for name in ["created", "trial", "anchor", "discounts", "credits"] { anew[name] = nil }
        anew["start"] = .string(today.description)
        anew["price"] = plan.enginePrice
        anew["interval"] = plan.engineInterval
        anew["metered"] = metered.isEmpty ? nil : .array(metered.map(\.item))
        if let item = standing.progress.items.first {
            anew["quantity"] = .string(item.quantity.decimalText(places: 12))
        }
        if let periods { anew["term"] = ["periods": .integer(periods)] }
        let credit = standing.progress.statement.creditBalance
        if credit.minorUnits > 0 { anew["credits"] = [["amount": .string(credit.decimalText)]] }
        return anew
    }

    // MARK: Changes

    private func change(_ request: SubscriptionActionRequest, at: CalendarDate) throws -> SubscriptionActionOutcome {
        var outcome = SubscriptionActionOutcome(billed)
        let hasTerms = request.plan != nil || request.quantity != nil
        guard hasTerms || request.anchor != nil else {
            throw SubscriptionActionError.invalid(pointer: "", reason: "must have planId, quantity or anchor")
        }
        if let anchor = request.anchor {
            guard !hasTerms else {
                throw SubscriptionActionError.invalid(
                    pointer: "/anchor", reason: "must be changed in a request of its own")
            }
            var entry = entry(
                .anchor, at: max(at, start), policy: try policy(of: request, [.atPeriodEnd, .prorateNow]))
            entry.change["anchor"] = anchor
            outcome.add(entry)
            return outcome
        }
        guard let current = standing.progress.items.first else { throw SubscriptionActionError.notFound }
        if let plan = request.plan { try requireAddOns(fit: plan) }
        let members = try members(of: request, current)
        let rule = try rule(for: request, from: current, members)
        if today < start, at == today {
            // The terms that are agreed on anew would not know of it.
            guard !billed.billing.entries.contains(where: { $0.kind.isOfEngine && $0.state == .scheduled }) else {
                throw SubscriptionActionError.impossible(
                    .change,
                    "something else is scheduled; cancel that first (DELETE /subscriptions/{id}/changes/{changeId})")
            }
            var terms = billed.billing.terms
            for (name, value) in members { terms[name] = value }
            if request.plan != nil { terms["metered"] = metered.isEmpty ? nil : .array(metered.map(\.item)) }
            var entry = try restart(terms)
            entry.plan = request.plan
            entry.planVersion = target?.version
            outcome.add(entry)
            return outcome
        }
        let kind: SubscriptionChange.Kind = members["price"] == nil ? .quantity : .change
        var entry = entry(kind, at: max(at, start), policy: request.policy ?? rule)
        for (name, value) in members { entry.change[name] = value }
        entry.plan = request.plan
        entry.planVersion = target?.version
        outcome.add(entry)
        return outcome
    }

    /// The members of the engine's change.
    private func members(
        of request: SubscriptionActionRequest, _ current: BillingProgress.Item
    ) throws -> JSONObject {
        var members = JSONObject()
        if let target, request.plan != nil {
            try requireCurrency(of: target)
            members["price"] = target.enginePrice
            if target.cycle != current.cycle { members["interval"] = target.engineInterval }
            let usage = meteredChanges
            if !usage.isEmpty { members["metered"] = .array(usage) }
        }
        if let quantity = request.quantity { members["quantity"] = .string(quantity) }
        let isSame = request.quantity.map { (try? Rational(decimal: $0)) == current.quantity } ?? true
        guard !isSame || (request.plan != nil && request.plan != standing.plan) else {
            throw SubscriptionActionError.invalid(
                pointer: request.plan == nil ? "/quantity" : "/planId", reason: "must be another one than now")
        }
        return members
    }

    /// The prices of usage that are others with the target. What it does not price is free.
    private var meteredChanges: [JSONValue] {
        var current = billed.billing.meteredPrices
        var changes: [JSONValue] = []
        for agreed in metered where current.removeValue(forKey: agreed.meter) != agreed.price {
            changes.append(agreed.item)
        }
        for (meter, price) in current.sorted(by: { $0.key < $1.key })
        where price != SubscriptionBilling.freePrice && !metered.contains(where: { $0.meter == meter }) {
            changes.append(["id": .string(meter), "price": SubscriptionBilling.freePrice])
        }
        return changes
    }

    private func rule(
        for request: SubscriptionActionRequest, from current: BillingProgress.Item, _ members: JSONObject
    ) throws -> ChangePolicy {
        let quantity = request.quantity.flatMap { try? Rational(decimal: $0) } ?? current.quantity
        var next = current
        next = BillingProgress.Item(price: current.price, quantity: quantity, cycle: current.cycle)
        if let target, request.plan != nil {
            next = BillingProgress.Item(
                price: Price(.perUnit(unitAmount: target.price.exact), in: target.price.currency), quantity: quantity,
                cycle: target.cycle)
        }
        guard let direction = try? PlanChangePolicy.direction(from: current, to: next) else {
            throw SubscriptionActionError.invalid(
                pointer: request.quantity == nil ? "/planId" : "/quantity", reason: "makes the amount too large")
        }
        switch policies.rule(from: plan, to: request.plan, direction) {
        case .forbidden: throw SubscriptionActionError.planPair
        case .policy(let policy): return policy
        }
    }

    func requireCurrency(of plan: PlanTerms) throws {
        guard plan.price.currency.code == billed.billing.terms["currency"]?.stringValue else {
            throw SubscriptionActionError.invalid(
                pointer: "/planId", reason: "must be a plan in the currency of the subscription")
        }
    }

    // MARK: Entries

    func policy(of request: SubscriptionActionRequest, _ known: [ChangePolicy]) throws -> ChangePolicy {
        guard let policy = request.policy else { return known[0] }
        guard known.contains(policy) else {
            throw SubscriptionActionError.invalid(
                pointer: "/policy", reason: "must be one of \(known.map(\.rawValue).joined(separator: ", "))")
        }
        return policy
    }

    func entry(
        _ kind: SubscriptionChange.Kind, at: CalendarDate, policy: ChangePolicy?
    ) -> SubscriptionBilling.Entry {
        var change: JSONObject = ["at": .string(at.description), "type": .string(kind.rawValue)]
        if let policy { change["policy"] = .string(policy.rawValue) }
        // What is due today is issued first.
        if kind.isOfEngine, at == today { change["ownInvoice"] = true }
        let position = max(billed.nextPosition, (billed.billing.entries.last?.position ?? 0) + 1, 1)
        return SubscriptionBilling.Entry(
            id: .v7(at: now), position: position, kind: kind, state: .scheduled, requestedOn: today, effectiveOn: nil,
            plan: nil, change: change)
    }

    private func restart(_ scenario: JSONObject) throws -> SubscriptionBilling.Entry {
        var entry = entry(.restart, at: today, policy: nil)
        entry.change["scenario"] = .object(scenario)
        entry.change["issued"] = .integer(billed.billing.issued)
        return entry
    }
}
