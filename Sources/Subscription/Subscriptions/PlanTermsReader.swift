import Billing
import Entities
import JSONCoding
import Primitives
import ServiceKit

/// Reads the terms of plans: from the cache, and with one query for the version that counts.
struct PlanTermsReader: Sendable {
    let plans: CachedRows
    let cycles: CachedRows
    let currencies: CachedRows
    let versions: PlanVersionRepository

    /// The terms of a plan.
    /// - Parameters:
    ///   - day: On which they count.
    ///   - currency: To pay in; nil for that of the plan.
    ///   - isFresh: Reads them from PostgreSQL, after cached ones turned out to be old.
    /// - Throws: ``SubscriptionError/planNotFound``, also when its cycle or its currency is gone;
    ///   ``SubscriptionError/planNotBillable(_:)``; ``SubscriptionError/noPriceIn(currency:)``.
    func terms(
        of id: Identifier, on day: CalendarDate, in currency: String? = nil, isFresh: Bool = false
    ) async throws -> PlanTerms {
        let (terms, version) = try await offer(of: id, on: day, isFresh: isFresh)
        let currency = currency ?? terms.price.currency.code
        guard let priced = terms.priced(by: version, on: day, in: currency) else {
            throw SubscriptionError.noPriceIn(currency: currency)
        }
        return priced
    }

    /// The terms of the row of a plan, and the version that counts on a day instead.
    /// - Throws: ``SubscriptionError/planNotFound``, ``SubscriptionError/planNotBillable(_:)``.
    func offer(
        of id: Identifier, on day: CalendarDate, isFresh: Bool = false
    ) async throws -> (plan: PlanTerms, version: PlanVersionRepository.Priced?) {
        async let version = versions.effective(id, on: day)
        let plan = try await row(of: id, isFresh: isFresh)
        return (plan, try await version)
    }

    /// The terms of the row of a plan.
    private func row(of id: Identifier, isFresh: Bool) async throws -> PlanTerms {
        guard let plan = try await plans.row(id, isFresh: isFresh) else { throw SubscriptionError.planNotFound }
        async let cycle = related(Plan.billingCycleID, of: plan, in: cycles, isFresh: isFresh)
        async let currency = related(Plan.currencyID, of: plan, in: currencies, isFresh: isFresh)
        let (foundCycle, foundCurrency) = (try await cycle, try await currency)
        do {
            return try PlanTerms(
                plan: plan.members, cycle: foundCycle.members, currency: foundCurrency.members,
                sources: [plan.version, foundCycle.version, foundCurrency.version])
        } catch {
            throw SubscriptionError.planNotBillable(error.message)
        }
    }

    private func related(
        _ field: Field<Identifier>, of plan: CachedRow, in rows: CachedRows, isFresh: Bool
    ) async throws -> CachedRow {
        guard let id = plan.members.value(of: field),
            let row = try await rows.row(id, isFresh: isFresh)
        else { throw SubscriptionError.planNotFound }
        return row
    }
}
