import Billing
import Entities
import HTTPTypes
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit

/// Sees to it that every plan's price has no more decimals than its currency: it would have to be rounded at every
/// invoice. Looked at before a write of plans or currencies: two writes at the same moment, or a plan that is restored,
/// can still disagree with a currency, and subscribing to such a plan is a 422.
struct PlanPriceCheck: Sendable {
    let plans: CachedRows
    let currencies: CachedRows
    let prices: PlanPriceRepository
    let limits: QueryLimits

    /// Checks a write of a plan, or of all that match.
    /// - Throws: 404 when the currency does not exist, 422 at the member that does not fit.
    func checkPlans(_ call: ScopedRequest) async throws {
        let body = try call.request.object()
        guard body["price"] != nil || body["currencyId"] != nil else { return }
        let id = Identifier(call.request.pathParameter("id"))
        let current = if let id { try await plans.object(of: id) } else { JSONObject?.none }
        var code: String?
        if let currency = (body["currencyId"] ?? current?["currencyId"])?.stringValue.flatMap({ Identifier($0) }) {
            guard let row = try await currencies.object(of: currency) else {
                throw RepositoryError.relatedNotFound(
                    detail: "Key (currency_id)=(\(currency)) is not present in table \"currencies\".")
            }
            code = row["currencyCode"]?.stringValue
        }
        if case .number(let price)? = body["price"] ?? current?["price"] {
            // A bulk change may name no currency: then no more decimals than any currency has.
            try Self.check(price.literal, in: code ?? "CLF", named: code)
        }
        // The other half of a bulk change is what the rows have.
        guard call.request.method == .patch, id == nil, (body["price"] != nil) != (body["currencyId"] != nil),
            let condition = try condition(call, Plan.entity)
        else { return }
        for decimals in try await prices.decimals(ofPlans: condition, in: call.scope) {
            if case .number(let price)? = body["price"] {
                try Self.check(price.literal, in: decimals.currency, named: decimals.currency)
            } else if let code {
                try Self.check(decimals.count, in: code, at: "/currencyId")
            }
        }
    }

    /// Checks a write of currencies: another code may have fewer decimals than the plans in it.
    /// - Throws: 422 at the code.
    func checkCurrencies(_ call: ScopedRequest) async throws {
        guard let code = try call.request.object()["currencyCode"]?.stringValue,
            let condition = try condition(call, PlanCurrency.entity)
        else { return }
        for decimals in try await prices.decimals(ofPlansIn: condition, in: call.scope)
        where decimals.currency != code {
            try Self.check(decimals.count, in: code, at: "/currencyCode")
        }
    }

    /// Which rows a write is about; nil when it does not say so in a way that it could have an effect.
    private func condition(_ call: ScopedRequest, _ entity: Entity) throws -> Where? {
        let id = call.request.pathParameter("id")
        guard id.isEmpty else { return Identifier(id).map { .equals("id", .identifier($0)) } }
        return try Where.parse(QueryParameter.all(call.request.query), for: entity, limits: limits)
    }

    private static func check(_ decimals: Int, in code: String, at path: String) throws(HTTPFailure) {
        guard let currency = try? Currency(code), decimals > currency.exponent else { return }
        throw .invalidField(
            path, code: "decimals", "names a currency with fewer decimals than the price of a plan in it has")
    }

    private static func check(_ price: String, in code: String, named name: String?) throws(HTTPFailure) {
        do {
            _ = try Money(decimal: price, currency: Currency(code))
        } catch .invalidCurrency {
            return
        } catch .tooManyDecimals {
            throw .invalidField(
                "/price", code: "decimals", "must NOT have more decimals than \(name ?? "any currency") has")
        } catch {
            throw .invalidField("/price", code: "range", "must be an amount of money: \(error)")
        }
    }
}
