import Entities
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit

/// Ensures that add-ons can be paid and attached: that their rules name what there is, and do not contradict each other. What is deleted
/// later stays in the rules; what needs it cannot be attached any more.
struct AddOnCheck: Sendable {
    let addOns: EntityRepository

    /// Checks a write of an add-on.
    /// - Parameter id: Its id; nil for a new one.
    /// - Throws: ``ValidationFailure`` at the member that makes no sense.
    func check(_ body: JSONObject, of id: Identifier?, in scope: TenantScope) async throws {
        if let id, try await addOns.count(.equals(Entity.id, id), in: scope) == 0 { return }
        if let prices = body[AddOn.prices.name] { try CatalogPrice.check(prices, at: AddOn.prices) }
        guard let json = body[AddOn.rules.name], !json.isNull else { return }
        let rules = AddOnRules(json)
        try rules.check(with: try await AddOnRepository.named(by: rules, of: id, on: addOns.pool), of: id)
    }
}

extension AddOnRules {
    /// - Throws: ``ValidationFailure`` at the list that nothing can fulfill.
    func check(with named: AddOnRepository.Named, of id: Identifier?) throws(ValidationFailure) {
        func refuse(_ list: String, _ code: String, _ reason: String) -> ValidationFailure {
            .invalidField("\(AddOn.rules.path)/\(list)", code: code, reason)
        }
        let lists = [
            ("requiresPlans", requiresPlans, named.plans), ("excludesPlans", excludesPlans, named.plans),
            ("requiresAddOns", requiresAddOns, Set(named.addOns.keys)),
            ("excludesAddOns", excludesAddOns, Set(named.addOns.keys)),
        ]
        for (list, ids, known) in lists {
            if let missing = ids.subtracting(known).min() {
                throw refuse(list, "exists", "must name what exists; \(missing) does not")
            }
        }
        if let both = requiresPlans.intersection(excludesPlans).min() {
            throw refuse("excludesPlans", "contradiction", "must not name \(both), which requiresPlans names")
        }
        if let both = requiresAddOns.intersection(excludesAddOns).min() {
            throw refuse("excludesAddOns", "contradiction", "must not name \(both), which requiresAddOns names")
        }
        if let id, excludesAddOns.contains(id) {
            throw refuse("excludesAddOns", "contradiction", "must not name the add-on itself")
        }
        if named.isCycle {
            throw refuse(
                "requiresAddOns", "cycle", "must not name what needs the add-on itself: neither could be the first")
        }
        for needed in requiresAddOns.sorted() {
            guard let others = named.addOns[needed] else { continue }
            let apart = others.excludesAddOns.intersection(requiresAddOns.union(id.map { [$0] } ?? []))
            if let other = apart.min() {
                throw refuse(
                    "requiresAddOns", "contradiction", "must not name \(needed), which does not go with \(other)")
            }
        }
    }
}
