import Entities
import JSONCoding
import Primitives
import ServiceKit

/// Reads the terms of plans: from the cache, as a rule without any query.
struct PlanTermsReader: Sendable {
    let plans: CachedRows
    let cycles: CachedRows
    let currencies: CachedRows

    /// The terms of a plan.
    /// - Parameter isFresh: Reads them from PostgreSQL, after cached ones turned out to be old.
    /// - Throws: ``SubscriptionError/planNotFound``, also when its cycle or its currency is gone;
    ///   ``SubscriptionError/planNotBillable(_:)``.
    func terms(of id: Identifier, isFresh: Bool = false) async throws -> PlanTerms {
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
