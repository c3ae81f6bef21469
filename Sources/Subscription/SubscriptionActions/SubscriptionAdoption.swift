import Billing
import BillingPreview
import Entities
import JSONCoding
import Primitives

/// A subscription that the engine does not bill yet: its first action makes it one that the engine bills, with a term of the period
/// that it has.
extension SubscriptionActionService {
    /// - Throws: ``SubscriptionActionError/impossible(_:_:)`` if its dates are not those of a period of its plan.
    func adopted(_ row: Record, in context: WriteContext) async throws -> BilledSubscription {
        let rows = try SubscriptionStanding.Rows(row, at: context.now)
        let terms: PlanTerms
        do {
            terms = try await self.terms.terms(of: rows.plan)
        } catch SubscriptionError.planNotFound {
            throw Self.refusal("its plan is gone")
        }
        guard let start = try? CalendarDate(rows.startDate), let first = try? FirstPeriod(of: terms, from: start),
            first.period.end.description == (try row[ifPresent: TenantSubscription.endDate])
        else {
            throw Self.refusal("its dates are not those of one period of its plan; PATCH it")
        }
        var scenario: JSONObject = [
            "currency": .string(terms.price.currency.code), "timeZone": .string(ZoneRules.utc.name),
            "start": .string(rows.startDate), "interval": terms.engineInterval,
            "price": try await price(of: row, on: terms, in: context.scope), "term": ["periods": 1],
        ]
        scenario["quantity"] = "1"
        let id = try row.id
        let billing = SubscriptionBilling(
            subscription: id, tenant: try row[TenantSubscription.subscriberID], scenario: scenario, entries: [],
            issued: rows.hasInvoice ? 1 : 0)
        return try BilledSubscription(rows, billing, at: context.now, in: self.billing.zones)
    }

    /// What the invoice of the period has billed, in the currency of the plan; else what the plan costs.
    private func price(of row: Record, on terms: PlanTerms, in scope: TenantScope) async throws -> JSONValue {
        guard let id = try row[ifPresent: TenantSubscription.invoiceID],
            let invoice = try await invoices.named(id.description, in: scope), let total = invoice.total,
            total.currency == terms.price.currency, !total.isNegative
        else { return terms.enginePrice }
        return ["model": "per_unit", "unitAmount": .string(total.decimalText)]
    }

    private static func refusal(_ reason: String) -> SubscriptionActionError {
        .invalid(pointer: "", reason: "cannot be done, because the engine cannot bill the subscription: \(reason)")
    }
}
