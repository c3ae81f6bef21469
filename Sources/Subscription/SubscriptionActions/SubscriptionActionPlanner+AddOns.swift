import Billing
import JSONCoding
import Primitives

// Add-ons are attached to subscriptions and detached from them.

extension SubscriptionActionPlanner {
    private var attached: [AttachedAddOn] { billed.billing.attachedAddOns }

    /// The add-ons that are attached, other than one.
    private func others(than addOn: Identifier) -> [Identifier: AddOnTerms] {
        var others: [Identifier: AddOnTerms] = [:]
        for other in attached where other.addOn != addOn { others[other.addOn] = addOns[other.addOn] }
        return others
    }

    func attach(_ request: SubscriptionActionRequest, at: CalendarDate) throws -> SubscriptionActionOutcome {
        guard let id = request.addOn, let addOn = addOns[id] else {
            throw SubscriptionActionError.invalid(pointer: "/addOnId", reason: "must be an add-on that exists")
        }
        let quantity = request.quantity ?? "1"
        try check(quantity, of: addOn)
        if let known = attached.first(where: { $0.addOn == id && !$0.isOnce }) {
            return try change(known, to: quantity, request, at: at)
        }
        guard addOn.isOffered else {
            throw SubscriptionActionError.invalid(pointer: "/addOnId", reason: "must be an add-on that is offered")
        }
        if let reason = AddOnRules.conflict(of: addOn, on: standing.plan, with: others(than: id)) {
            throw SubscriptionActionError.incompatible(reason)
        }
        guard let price = billed.currency.flatMap({ CatalogPrice.amount(in: $0, of: addOn.prices) }) else {
            throw SubscriptionActionError.invalid(
                pointer: "/addOnId", reason: "must be an add-on with a price in the currency of the subscription")
        }
        var entry = entry(.addItem, at: max(at, start), policy: nil)
        entry.addOn = id
        entry.change["item"] = .string(item(for: addOn))
        entry.change["price"] = ["model": "per_unit", "unitAmount": .string(price.decimalText)]
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

    private func check(_ quantity: String, of addOn: AddOnTerms) throws {
        guard let number = try? Rational(decimal: quantity), number > .zero else {
            throw SubscriptionActionError.invalid(pointer: "/quantity", reason: "must be more than zero")
        }
        guard let most = addOn.rules.maxQuantity, number > Rational(Int128(most)) else { return }
        throw SubscriptionActionError.invalid(pointer: "/quantity", reason: "must be at most \(most) of this add-on")
    }

    /// The name of its item: lines of invoices have it. Names are not used again, so that each item is one.
    private func item(for addOn: AddOnTerms) -> String {
        let used = Set(billed.billing.currentEntries.filter { $0.kind == .addItem }.compactMap(\.item))
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
        let (old, new) = (try Rational(decimal: known.quantity), try Rational(decimal: quantity))
        guard old != new else {
            throw SubscriptionActionError.invalid(pointer: "/quantity", reason: "must be another one than now")
        }
        var entry = entry(
            .quantity, at: max(at, start), policy: request.policy ?? (new > old ? .prorateNow : .atPeriodEnd))
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
                pointer: "/addOnId", reason: "must be an add-on of the subscription that is billed again and again")
        }
        if let dependent = AddOnRules.dependent(on: id, among: others(than: id)) {
            throw SubscriptionActionError.incompatible("\(dependent.name) needs the add-on")
        }
        var outcome = SubscriptionActionOutcome(billed)
        let added = billed.billing.currentEntries.last { $0.kind == .addItem && $0.item == known.item }
        if let added, added.state == .scheduled, added.day.map({ $0 > today }) ?? false {
            // It is not there yet: nothing begins.
            for entry in billed.billing.currentEntries where entry.item == known.item && entry.state == .scheduled {
                outcome.cancel(entry)
            }
            return outcome
        }
        var entry = entry(
            .removeItem, at: max(at, start), policy: try policy(of: request, [.atPeriodEnd, .prorateNow, .none]))
        entry.addOn = id
        entry.change["item"] = .string(known.item)
        outcome.add(entry)
        return outcome
    }

    /// - Throws: ``SubscriptionActionError/incompatible(_:)`` if an add-on does not go with a plan.
    func requireAddOns(fit plan: Identifier) throws(SubscriptionActionError) {
        for known in attached {
            guard let addOn = addOns[known.addOn] else { continue }
            let reason = AddOnRules.conflict(of: addOn, on: plan, with: others(than: known.addOn))
            if let reason { throw .incompatible(reason) }
        }
    }
}
