import Billing
import JSONCoding
import Primitives

/// What a subscription to a plan costs, how long a period of it is, and how many a tenant may have.
struct PlanTerms: Sendable {
    /// The plan as the API shows it.
    let plan: JSONObject
    /// Its name.
    let name: String
    /// The price of one cycle.
    let price: Money
    /// How long a period is.
    let cycle: BillingCycle
    /// Live subscriptions to this plan that one tenant may have; nil: the general quota holds.
    let tenantLimit: Int?

    /// Puts a plan, its cycle and its currency together, as the API shows them.
    ///
    /// Rows that were made by the original need not make sense, so everything is looked at.
    init(plan: JSONObject, cycle: JSONObject, currency: JSONObject) throws(PlanTermsError) {
        guard case .number(let price) = plan["price"] else { throw .noPrice }
        guard let duration = cycle["duration"]?.intValue, let unit = cycle["durationUnit"]?.stringValue else {
            throw .billing(.invalidCycleDuration)
        }
        do {
            self.price = try Money(
                decimal: price.literal, currency: Currency(currency["currencyCode"]?.stringValue ?? ""))
            self.cycle = try BillingCycle(duration: duration, durationUnit: unit)
        } catch {
            throw .billing(error)
        }
        self.plan = plan
        name = plan["name"]?.stringValue ?? ""
        tenantLimit = plan["metaData"]?[Plan.tenantLimitKey]?.intValue.flatMap { $0 >= 0 ? $0 : nil }
    }
}

/// Why nobody can subscribe to a plan.
enum PlanTermsError: Error, Sendable, Hashable {
    /// The plan has no price.
    case noPrice
    /// Price, currency or cycle cannot be billed.
    case billing(BillingError)

    /// For the client: what is wrong with the plan.
    var message: String {
        switch self {
        case .noPrice: "names a plan without a price"
        case .billing(let error): "names a plan that cannot be billed: \(error)"
        }
    }
}
