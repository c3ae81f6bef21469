package import Billing
package import Primitives

/// A plan that sample subscriptions are to.
package struct SamplePlan: Sendable, Hashable {
    package let id: Identifier
    package let name: String
    package let tier: String
    /// What one period costs.
    package let price: Money
    package let cycle: BillingCycle

    package init(id: Identifier, name: String, tier: String, price: Money, cycle: BillingCycle) {
        self.id = id
        self.name = name
        self.tier = tier
        self.price = price
        self.cycle = cycle
    }
}
