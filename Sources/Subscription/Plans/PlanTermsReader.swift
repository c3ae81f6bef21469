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
    /// - Throws: 404 when the plan, its cycle or its currency does not exist; 422 at `/planId` when it cannot be billed.
    func terms(of id: Identifier) async throws -> PlanTerms {
        guard let plan = try await plans.object(of: id) else { throw HTTPFailure.entityNotFound }
        async let cycle = related("billingCycleId", of: plan, in: cycles)
        async let currency = related("currencyId", of: plan, in: currencies)
        do {
            return try PlanTerms(plan: plan, cycle: try await cycle, currency: try await currency)
        } catch let error as PlanTermsError {
            throw HTTPFailure.invalidField("/planId", code: "plan", error.message)
        }
    }

    private func related(_ field: String, of plan: JSONObject, in rows: CachedRows) async throws -> JSONObject {
        guard let id = plan[field]?.stringValue.flatMap({ Identifier($0) }),
            let row = try await rows.object(of: id)
        else { throw HTTPFailure.entityNotFound }
        return row
    }
}
