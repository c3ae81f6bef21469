import Billing
import Entities
import JSONCoding
import Primitives

/// What events say of a plan (docs/contract/arc-api.md 9.3: `subscription.plan`): enough to provision a tenant for it.
struct PlanSummary: Sendable {
    /// The summary as JSON.
    let json: JSONValue
    /// The price of one cycle; nil if it cannot be billed.
    let price: Money?

    /// The plan's own members among the summary's.
    private static let members: [any EntityField] = [
        Entity.id, Plan.name, Plan.tier, Plan.size, Plan.price, Plan.metaData,
    ]

    /// The summary of a plan as the API shows it.
    /// - Parameter currency: The code of its currency.
    init(plan: JSONObject, currency: String?, sizeConfiguration: JSONValue?) {
        var members = Self.members.map { ($0.name, plan[$0.name] ?? .null) }
        members.append(("sizeConfig", sizeConfiguration ?? .null))
        json = .object(JSONObject(members))
        price =
            if let amount = plan.value(of: Plan.price), let currency = try? Currency(currency ?? "") {
                try? Money(decimal: amount.literal, currency: currency)
            } else { nil }
    }

    /// The summary of a plan that is gone.
    init(unknown plan: Identifier) {
        json = .object(JSONObject([(Entity.id.name, .identifier(plan))]))
        price = nil
    }

    /// Live subscriptions to the plan that one tenant may have; nil: the general quota applies.
    var tenantLimit: Int? { Plan.tenantLimit(of: json) }
}
