import Billing
import JSONCoding
import Primitives

/// What attaching an add-on means.
struct AddOnTerms: Sendable, Hashable {
    let id: Identifier
    let key: String
    let name: String
    /// As the API shows them.
    let prices: JSONValue
    /// How often it is billed; nil: as often as the subscription.
    let cycle: BillingCycle?
    let isOnce: Bool
    let isOffered: Bool
    let rules: AddOnRules
}
