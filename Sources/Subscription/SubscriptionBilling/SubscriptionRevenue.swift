import Billing
import BillingPreview
import PostgresClient
import Primitives

/// What a subscription pays in an average month: the price of its quantity, without discounts, taxes and usage. Nothing during a
/// trial.
struct SubscriptionRevenue: Sendable, Hashable {
    let monthly: Money
    let isLive: Bool

    /// - Returns: nil if nothing is known of its price.
    init?(_ standing: SubscriptionStanding, on day: CalendarDate) throws {
        guard let item = standing.progress.items.first else { return nil }
        let currency = item.price.currency
        let isPaid = standing.progress.firstPaid <= day
        monthly = isPaid ? try Money(rounding: item.monthlyPrice, currency: currency) : .zero(currency)
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
