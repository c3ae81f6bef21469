import Billing
import JSONCoding
import Primitives

// Add-ons are attached to subscriptions and detached from them.

extension SubscriptionActionPlanner {
    private var attached: [AttachedAddOn] { billed.billing.attachedAddOns }

    /// The add-ons that are attached, other than one.
    private func others(than addOn: Identifier) -> AddOnRules.Company {
        var others = AddOnRules.Company()
        for other in attached where other.addOn != addOn {
            if other.isOnce {
                others.bought.insert(other.addOn)
            } else {
                others.attached[other.addOn] = addOns[other.addOn]
            }
        }
        return others
    }

    /// The plans that the subscription has, and will have.
    private var plans: [Identifier] {
        let scheduled = billed.billing.currentEntries.filter { $0.state == .scheduled }.compactMap(\.plan)
        return [standing.plan] + scheduled.filter { $0 != standing.plan }
    }

    func attach(_ request: SubscriptionActionRequest, at: CalendarDate) throws -> SubscriptionActionOutcome {
        guard let id = request.addOn, let addOn = addOns[id] else {
            throw SubscriptionActionError.invalid(pointer: "/addOnId", reason: "must be an add-on that exists")
        }
        let quantity = request.quantity ?? "1"
        if let known = attached.first(where: { $0.addOn == id && !$0.isOnce }) {
            try check(quantity, of: addOn)
            return try change(known, to: quantity, request, at: at)
        }
        try check(quantity, of: addOn, beside: attached.filter { $0.addOn == id }.map(\.quantity))
        guard addOn.isOffered else {
            throw SubscriptionActionError.invalid(pointer: "/addOnId", reason: "must be an add-on that is offered")
        }
        guard request.policy == nil else {
            throw SubscriptionActionError.invalid(
                pointer: "/policy", reason: "is possible only when the quantity of an attached add-on changes")
        }
        try requireGone(id, by: max(at, start))
        for plan in plans {
            let reason = AddOnRules.conflict(of: addOn, on: plan, with: others(than: id), named: addOns)
            if let reason { throw SubscriptionActionError.incompatible(reason) }
        }
        guard let price = billed.currency.flatMap({ CatalogPrice.amount(in: $0, of: addOn.prices) }) else {
            throw SubscriptionActionError.invalid(
                pointer: "/addOnId", reason: "must be an add-on with a price in the currency of the subscription")
        }
        var entry = entry(.addItem, at: max(at, start), policy: nil)
        entry.addOn = id
        entry.change["item"] = .string(item(for: addOn))
        entry.change["price"] = price.enginePrice
        entry.change["quantity"] = .string(quantity)
        if addOn.isOnce {
            entry.change["once"] = true
        } else if let cycle = addOn.cycle {
            entry.change["interval"] = cycle.engineInterval
        }
        var outcome = SubscriptionActionOutcome(billed)
        outcome.add(entry)
        return outcome
    }

    /// What is to be detached is attached until its period ends; nobody is to pay for it twice until then.
    private func requireGone(_ addOn: Identifier, by day: CalendarDate) throws(SubscriptionActionError) {
        let going = billed.billing.currentEntries.last { entry in
            entry.addOn == addOn && entry.kind == .removeItem && entry.state == .scheduled
                && (entry.effect.map { $0 > day } ?? true)
        }
        guard let going else { return }
        let end = going.effect.map { " until \($0)" } ?? ""
        throw .impossible(
            .attach,
            "the add-on stays attached\(end), and is detached then; DELETE /subscriptions/{id}/changes/\(going.id) keeps it"
        )
    }

    /// - Parameter bought: Quantities that the subscription has already, and that stay.
    private func check(_ quantity: String, of addOn: AddOnTerms, beside bought: [String] = []) throws {
        guard let number = try? Rational(decimal: quantity), number > .zero else {
            throw SubscriptionActionError.invalid(pointer: "/quantity", reason: "must be more than zero")
        }
        guard let most = addOn.rules.maxQuantity else { return }
        var sum = number
        for known in bought { sum = try sum.adding(Rational(decimal: known)) }
        guard sum > Rational(Int128(most)) else { return }
        let rest = bought.isEmpty ? "" : ", including those that the subscription has already"
        throw SubscriptionActionError.invalid(
            pointer: "/quantity", reason: "must be at most \(most) of this add-on\(rest)")
    }

    /// The name of its item, which invoice lines show. A name is never used again, so it identifies the item.
    private func item(for addOn: AddOnTerms) -> String {
        var used = Set(billed.billing.currentEntries.filter { $0.kind == .addItem }.compactMap(\.item))
        used.formUnion(billed.billing.meteredPrices.keys)
        var (name, number) = (addOn.key, 1)
        while used.contains(name) {
            number += 1
            name = "\(addOn.key)#\(number)"
        }
        return name
    }

    private func change(
        _ known: AttachedAddOn, to quantity: String, _ request: SubscriptionActionRequest, at: CalendarDate
    ) throws -> SubscriptionActionOutcome {
        let item = standing.progress.items.last { $0.id == known.item && $0.isThere }
        let (old, new) = (try item?.quantity ?? Rational(decimal: known.quantity), try Rational(decimal: quantity))
        guard old != new else {
            throw SubscriptionActionError.invalid(pointer: "/quantity", reason: "must differ from the current quantity")
        }
        let policy = try request.policy.map { _ in try self.policy(of: request, SubscriptionActionSchemas.addOnPolicies)
        }
        var entry = entry(
            .quantity, at: max(at, start), policy: policy ?? (new > old ? .prorateNow : .atPeriodEnd))
        entry.addOn = known.addOn
        entry.change["item"] = .string(known.item)
        entry.change["quantity"] = .string(quantity)
        var outcome = SubscriptionActionOutcome(billed)
        outcome.add(entry)
        return outcome
    }

    func detach(_ request: SubscriptionActionRequest, at: CalendarDate) throws -> SubscriptionActionOutcome {
        guard let id = request.addOn, let known = attached.last(where: { $0.addOn == id && !$0.isOnce }) else {
            throw SubscriptionActionError.invalid(
                pointer: "/addOnId", reason: "must be an attached add-on that is not billed only once")
        }
        if let dependent = AddOnRules.dependent(on: id, among: others(than: id)) {
            throw SubscriptionActionError.incompatible("\(dependent.name) needs the add-on")
        }
        let policy = try policy(of: request, [.atPeriodEnd, .prorateNow, .none])
        let first = max(at, start)
        var outcome = SubscriptionActionOutcome(billed)
        let scheduled = billed.billing.currentEntries.filter { $0.item == known.item && $0.state == .scheduled }
        if let added = scheduled.first(where: { $0.kind == .addItem }), added.day.map({ $0 >= first }) ?? false {
            // It is not there yet: nothing begins.
            for entry in scheduled { outcome.cancel(entry) }
            return outcome
        }
        // Nothing of it changes any more.
        for entry in scheduled where entry.kind != .addItem && entry.effect.map({ $0 >= first }) ?? true {
            outcome.cancel(entry)
        }
        var entry = entry(.removeItem, at: first, policy: policy)
        entry.addOn = id
        entry.change["item"] = .string(known.item)
        outcome.add(entry)
        return outcome
    }

    /// - Throws: ``SubscriptionActionError/incompatible(_:)`` if an add-on does not go with a plan. What was billed once was bought, and
    ///   nobody can take it back.
    func requireAddOns(fit plan: Identifier) throws(SubscriptionActionError) {
        for known in attached where !known.isOnce {
            guard let addOn = addOns[known.addOn] else { continue }
            let reason = AddOnRules.conflict(of: addOn, on: plan, with: others(than: known.addOn), named: addOns)
            if let reason { throw .incompatible(reason) }
        }
    }
}
