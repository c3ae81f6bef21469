import Billing
import BillingPreview
import Entities
import JSONCoding
import Primitives

/// A subscription that the engine does not bill yet: its first action makes it one that the engine bills, with a term of the period
/// that it has.
extension SubscriptionActionService {
    /// - Throws: ``SubscriptionActionError/invalid(pointer:reason:)`` if its dates are those of no period, or its plan is gone.
    func adopted(_ row: Record, in context: WriteContext) async throws -> BilledSubscription {
        let rows = try SubscriptionStanding.Rows(row, at: context.now)
        let start = try? CalendarDate(rows.startDate)
        let terms: PlanTerms
        do {
            let day = start ?? CalendarDate(of: context.now)
            let (plan, version) = try await self.terms.offer(of: rows.plan, on: day)
            terms = plan.priced(by: version, on: day, in: plan.price.currency.code) ?? plan
        } catch SubscriptionError.planNotFound {
            throw Self.refusal("its plan is gone")
        }
        guard let start,
            let end = try row[ifPresent: TenantSubscription.endDate].flatMap({ try? CalendarDate($0) }),
            let interval = Self.interval(of: terms, from: start, to: end)
        else {
            throw Self.refusal("its dates are not those of a period; PATCH it")
        }
        let price = try await billedPrice(of: row, in: context.scope) ?? terms.price
        let scenario: JSONObject = [
            "currency": .string(price.currency.code), "timeZone": .string(ZoneRules.utc.name),
            "start": .string(rows.startDate), "interval": interval, "price": price.enginePrice,
            "term": ["periods": 1], "quantity": "1",
        ]
        // The engine issues no invoice over nothing, so that of a free period is none of its invoices.
        let isFirstIssued = rows.hasInvoice && !price.isZero
        let billing = SubscriptionBilling(
            subscription: try row.id, tenant: try row[TenantSubscription.subscriberID], scenario: scenario, entries: [],
            issued: isFirstIssued ? 1 : 0, planVersion: terms.version)
        return try BilledSubscription(rows, billing, at: context.now, in: self.billing.zones)
    }

    /// What the invoice of the period has billed; nil if there is none with amounts.
    private func billedPrice(of row: Record, in scope: TenantScope) async throws -> Money? {
        guard let id = try row[ifPresent: TenantSubscription.invoiceID],
            let invoice = try await invoices.named(id.description, in: scope), let total = invoice.total,
            !total.isNegative
        else { return nil }
        return total
    }

    /// How long its period is: that of its plan, or as many days as somebody has agreed on.
    static func interval(of terms: PlanTerms, from start: CalendarDate, to end: CalendarDate) -> JSONValue? {
        if let first = try? FirstPeriod(of: terms, from: start), first.period.end == end { return terms.engineInterval }
        guard start < end, let days = try? BillingPeriod(start: start, end: end).days, days <= longestPeriod else {
            return nil
        }
        return ["unit": "day", "count": .integer(days)]
    }

    /// Days that the engine counts as one period.
    private static let longestPeriod = 9999

    private static func refusal(_ reason: String) -> SubscriptionActionError {
        .invalid(pointer: "", reason: "cannot be done, because the engine cannot bill the subscription: \(reason)")
    }
}
