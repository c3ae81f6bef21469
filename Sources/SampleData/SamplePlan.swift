import Billing
import Primitives

/// A plan that sample subscriptions refer to.
struct SamplePlan: Sendable, Hashable {
    let id: Identifier
    let name: String
    let tier: String
    /// What one period costs.
    let price: Money
    let cycle: BillingCycle
}
