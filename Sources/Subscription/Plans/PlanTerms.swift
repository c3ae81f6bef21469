import Billing
import Entities
import JSONCoding
import PostgresClient
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
    /// Live subscriptions to this plan that one tenant may have; nil: the general quota applies.
    let tenantLimit: Int?
    /// The rows that the terms were read from: plan, cycle and currency.
    let sources: [RowVersion]

    /// Puts a plan, its cycle and its currency together, as the API shows them.
    ///
    /// Rows of the original may be inconsistent, so everything is checked.
    /// - Parameter sources: The versions of the three.
    init(
        plan: JSONObject, cycle: JSONObject, currency: JSONObject, sources: [RowVersion]
    ) throws(PlanTermsError) {
        guard let price = plan.value(of: Plan.price) else { throw .noPrice }
        guard let duration = cycle.value(of: PlanCycle.duration), let unit = cycle.value(of: PlanCycle.durationUnit)
        else {
            throw .billing(.invalidCycleDuration)
        }
        do {
            self.price = try Money(
                decimal: price.literal, currency: Currency(currency.value(of: PlanCurrency.currencyCode) ?? ""))
            self.cycle = try BillingCycle(duration: duration, durationUnit: unit)
        } catch {
            throw .billing(error)
        }
        self.plan = plan
        self.sources = sources
        name = plan.value(of: Plan.name) ?? ""
        tenantLimit = Plan.tenantLimit(of: .object(plan))
    }
}

extension PlanTerms {
    /// The statement that fails, and its transaction with it, unless plan, cycle and currency still have the versions that the
    /// terms were read from. They may have been cached, and an invoice must not have an outdated price.
    var confirmation: BoundStatement {
        BoundStatement(Self.confirming, sources.flatMap { [.identifier($0.id), .int64($0.version)] })
    }

    /// Fails if no row is found, because it divides by their number.
    private static let confirming: PostgresStatement = """
        SELECT 1 / count(*) FROM main.plans AS plan, main.billing_cycles AS cycle, main.currencies AS currency
        WHERE plan.id = $1 AND plan.row_version = $2 AND NOT plan.deleted
            AND cycle.id = $3 AND cycle.row_version = $4 AND NOT cycle.deleted
            AND currency.id = $5 AND currency.row_version = $6 AND NOT currency.deleted
        """
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
