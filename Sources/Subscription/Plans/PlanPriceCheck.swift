import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit

/// Ensures that a plan's price has no more decimals than its currency, because it would have to be rounded on every invoice. It is
/// checked before plans or currencies are written. Two concurrent writes, or a restored plan, can still disagree with a currency;
/// subscribing to such a plan is a 422.
struct PlanPriceCheck: Sendable {
    let plans: CachedRows
    let currencies: CachedRows
    let prices: PlanPriceRepository

    /// The rows that a write changes.
    enum Target: Sendable {
        /// A new row, or one that cannot exist: nothing is stored that the body could disagree with.
        case nothing
        /// One row.
        case row(Identifier)
        /// Every row that matches.
        case matching(Where)

        /// The condition that selects the stored rows; nil for ``nothing``.
        var condition: Where? {
            switch self {
            case .nothing: nil
            case .row(let id): .equals(Entity.id, id)
            case .matching(let condition): condition
            }
        }
    }

    /// Checks a write of a plan, or of all that match.
    /// - Throws: `RepositoryError.relatedNotFound` for the currency; ``ValidationFailure`` at the member that does not fit.
    ///   ``PlanVersionError/countsInstead`` for another price of a plan of which a version counts.
    func checkPlans(_ body: JSONObject, _ target: Target, at now: Timestamp, in scope: TenantScope) async throws {
        guard body[Plan.price] != nil || body[Plan.currencyID] != nil else { return }
        let current = if case .row(let id) = target { try await plans.object(of: id) } else { JSONObject?.none }
        var code: String?
        if let currency = body.value(of: Plan.currencyID) ?? current?.value(of: Plan.currencyID) {
            guard let row = try await currencies.object(of: currency) else {
                throw RepositoryError.relatedNotFound(
                    detail: "Key (currency_id)=(\(currency)) is not present in table \"currencies\".")
            }
            code = row.value(of: PlanCurrency.currencyCode)
        }
        if let price = body.value(of: Plan.price) ?? current?.value(of: Plan.price) {
            // A bulk change may name no currency: then no more decimals than any currency has.
            try Self.check(price.literal, in: code ?? "CLF", named: code)
        }
        if let price = body.value(of: Plan.price), let condition = target.condition,
            try await prices.isVersioned(condition, unlike: price.literal, on: CalendarDate(of: now), in: scope)
        {
            throw PlanVersionError.countsInstead
        }
        // A bulk change of one of the two keeps what the rows have of the other.
        guard case .matching(let condition) = target, (body[Plan.price] != nil) != (body[Plan.currencyID] != nil) else {
            return
        }
        for decimals in try await prices.decimals(ofPlans: condition, in: scope) {
            if let price = body.value(of: Plan.price) {
                try Self.check(price.literal, in: decimals.currency, named: decimals.currency)
            } else if let code {
                try Self.check(decimals.count, in: code, at: Plan.currencyID)
            }
        }
    }

    /// Checks a write of currencies: another code may have fewer decimals than the plans in it.
    /// - Throws: ``ValidationFailure`` at the code.
    func checkCurrencies(_ body: JSONObject, _ target: Target, in scope: TenantScope) async throws {
        guard let code = body.value(of: PlanCurrency.currencyCode), let condition = target.condition else { return }
        for decimals in try await prices.decimals(ofPlansIn: condition, in: scope)
        where decimals.currency != code {
            try Self.check(decimals.count, in: code, at: PlanCurrency.currencyCode)
        }
    }

    private static func check(_ decimals: Int, in code: String, at field: some EntityField) throws(ValidationFailure) {
        guard let currency = try? Currency(code), decimals > currency.exponent else { return }
        throw .invalidField(
            field, code: "decimals", "names a currency with fewer decimals than the price of a plan in it has")
    }

    private static func check(_ price: String, in code: String, named name: String?) throws(ValidationFailure) {
        do {
            _ = try Money(decimal: price, currency: Currency(code))
        } catch .invalidCurrency {
            return
        } catch .tooManyDecimals {
            throw .invalidField(
                Plan.price, code: "decimals", "must NOT have more decimals than \(name ?? "any currency") has")
        } catch {
            throw .invalidField(Plan.price, code: "range", "must be an amount of money: \(error)")
        }
    }
}
