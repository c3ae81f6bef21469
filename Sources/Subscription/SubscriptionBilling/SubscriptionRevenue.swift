import Billing
import BillingPreview
import PostgresClient
import Primitives

/// What a subscription pays in an average month: the price of its quantity and its add-ons, without discounts, taxes, usage and what is
/// paid once. Nothing during a trial.
struct SubscriptionRevenue: Sendable, Hashable {
    let monthly: Money
    let isLive: Bool

    /// - Returns: nil if nothing is known of its price.
    init?(_ standing: SubscriptionStanding, on day: CalendarDate) throws {
        guard let currency = standing.progress.items.first?.price.currency else { return nil }
        var sum = Rational.zero
        if standing.progress.firstPaid <= day {
            for item in standing.progress.items where item.isThere && item.isRecurring {
                sum = try sum.adding(item.monthlyPrice)
            }
        }
        monthly = try Money(rounding: sum, currency: currency)
        isLive = standing.status == .active
    }

    /// The statement that stores it; triggers record how the tenant's revenue changes by it. It comes before the row of the subscription,
    /// whose trigger would take it for one of a single period.
    func statement(of billing: SubscriptionBilling) -> BoundStatement {
        BoundStatement(
            Self.storing,
            [
                .identifier(billing.subscription), .identifier(billing.tenant), .text(monthly.currency.code),
                .int64(monthly.minorUnits), .bool(isLive),
            ])
    }

    private static let storing: PostgresStatement = """
        INSERT INTO main.subscription_revenue AS known (id, tenant_id, currency_code, monthly, is_live, is_billed)
        VALUES ($1, $2, $3, $4, $5, true)
        ON CONFLICT (id) DO UPDATE SET
            currency_code = excluded.currency_code, monthly = excluded.monthly, is_live = excluded.is_live, is_billed = true
            WHERE (known.currency_code, known.monthly, known.is_live, known.is_billed)
                IS DISTINCT FROM (excluded.currency_code, excluded.monthly, excluded.is_live, true)
        """
}
