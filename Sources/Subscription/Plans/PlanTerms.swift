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
    private(set) var price: Money
    /// The version of the plan that has the price; 0 is the row of the plan.
    private(set) var version = 0
    /// The day on which the price counts, and what it was read from; nil if versions do not matter.
    private(set) var reading: Reading?
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
    /// Which version of the plan was found on which day.
    struct Reading: Sendable, Hashable {
        let day: CalendarDate
        /// The row of the version; nil if there was none.
        let source: RowVersion?
    }

    /// The terms with what counts on a day; nil if there is no price in the currency.
    /// - Parameters:
    ///   - version: The version that counts; nil for the row of the plan.
    ///   - currency: The currency to pay in.
    func priced(
        by version: PlanVersionRepository.Priced?, on day: CalendarDate, in currency: String
    ) -> PlanTerms? {
        var terms = self
        terms.reading = Reading(day: day, source: version.map { RowVersion(id: $0.id, version: $0.rowVersion) })
        guard let version else { return price.currency.code == currency ? terms : nil }
        guard let amount = CatalogPrice.amount(in: currency, of: version.prices) else { return nil }
        (terms.price, terms.version) = (amount, version.number)
        return terms
    }

    /// The terms with another price, which a version has that need not be the one that counts.
    func repriced(_ price: Money, version: Int) -> PlanTerms {
        var terms = self
        (terms.price, terms.version, terms.reading) = (price, version, nil)
        return terms
    }

    /// The statement that fails, and its transaction with it, unless plan, cycle and currency still have the versions that the
    /// terms were read from, and the same version of the plan counts. They may have been cached, and an invoice must not have an
    /// outdated price.
    var confirmation: BoundStatement {
        var values: [PostgresValue] = sources.flatMap { [.identifier($0.id), .int64($0.version)] }
        values.append(.optional(reading) { .text($0.day.description) })
        values.append(.text(Self.name(of: reading?.source)))
        return BoundStatement(Self.confirming, values)
    }

    /// As the statement names the version that counts.
    private static func name(of source: RowVersion?) -> String {
        source.map { "\($0.id)/\($0.version)" } ?? ""
    }

    /// Fails if no row is found, because it divides by their number.
    private static let confirming: PostgresStatement = """
        SELECT 1 / count(*) FROM main.plans AS plan, main.billing_cycles AS cycle, main.currencies AS currency
        WHERE plan.id = $1 AND plan.row_version = $2 AND NOT plan.deleted
            AND cycle.id = $3 AND cycle.row_version = $4 AND NOT cycle.deleted
            AND currency.id = $5 AND currency.row_version = $6 AND NOT currency.deleted
            AND ($7::text IS NULL OR $8 = coalesce((
                SELECT version.id::text || '/' || version.row_version::text FROM main.plan_versions AS version
                WHERE version.plan_id = plan.id AND version.state = 'scheduled' AND version.effective_on <= $7
                    AND NOT version.deleted
                ORDER BY version.effective_on DESC LIMIT 1), ''))
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
