import Billing
import Primitives

/// The sample rows of the subscription service. They refer to the plans that exist already.
struct SubscriptionTables: SampleTables {
    static let names = ["known_tenants", "invoice", "invoice_lines", "subscriptions"]

    private let size: SampleSize
    private let plans: [SamplePlan]
    private var tenants = CopyText("known_tenants", ["tenant_id", "is_blocked", "tenant_version", "changed_on"])
    private var invoices = CopyText(
        "invoice",
        [
            "id", "invoice_status", "subscription_id", "tenant_id", "currency_code", "subtotal", "total",
            "period_start",
            "period_end", "created_on", "modified_on",
        ])
    private var lines = CopyText(
        "invoice_lines",
        [
            "id", "invoice_id", "position", "description", "plan_id", "quantity", "unit_amount", "amount",
            "period_start", "period_end", "created_on", "modified_on",
        ])
    private var subscriptions = CopyText(
        "subscriptions",
        [
            "id", "subscriber_id", "plan_id", "start_date", "end_date", "status", "invoice_id", "billing_anchor_day",
            "created_on", "modified_on",
        ])

    init(_ size: SampleSize, plans: [SamplePlan]) {
        self.size = size
        self.plans = plans
    }

    var texts: [CopyText] { [tenants, invoices, lines, subscriptions] }

    mutating func removeAll() {
        tenants.removeAll()
        invoices.removeAll()
        lines.removeAll()
        subscriptions.removeAll()
    }

    mutating func add(tenant number: Int) throws(BillingError) {
        var tenant = try SampleTenant(number, of: size)
        tenants.add([
            .identifier(tenant.id), .bool(tenant.status == .inactive), .int(1), .instant(tenant.createdOn),
        ])
        for subscription in tenant.subscriptions {
            guard let plan = subscription.plan(among: plans, tier: tenant.tier) else { continue }
            try add(subscription, of: &tenant, to: plan)
        }
    }

    /// A subscription with the draft of its first invoice, as the service makes both.
    private mutating func add(
        _ subscription: SampleSubscription, of tenant: inout SampleTenant, to plan: SamplePlan
    ) throws(BillingError) {
        let schedule = BillingSchedule(cycle: plan.cycle, anchor: subscription.start)
        let charge = RecurringCharge(
            description: "\(plan.name), \(plan.cycle)", price: plan.price, schedule: schedule,
            start: subscription.start)
        let draft = try DraftInvoice(
            currency: plan.price.currency, lines: [charge.line(forPeriodContaining: subscription.start)])
        let period = try schedule.period(0)
        let created = CopyValue.instant(subscription.createdOn)
        let days = (CopyValue.text(period.start.description), CopyValue.text(period.end.description))
        invoices.add([
            .identifier(subscription.invoice), .text("draft"), .identifier(subscription.id), .identifier(tenant.id),
            .text(draft.currency.code), .int(Int(draft.subtotal.minorUnits)), .int(Int(draft.total.minorUnits)), days.0,
            days.1, created, created,
        ])
        for (index, line) in draft.lines.enumerated() {
            lines.add([
                .identifier(tenant.random.identifier(at: subscription.createdOn)), .identifier(subscription.invoice),
                .int(index + 1), .text(line.description), .identifier(plan.id), .int(Int(line.quantity)),
                .int(Int(line.unitPrice.minorUnits)), .int(Int(line.amount.minorUnits)), days.0, days.1, created,
                created,
            ])
        }
        let hasEnded = period.end <= size.today
        let anchor: CopyValue =
            switch plan.cycle.unit {
            case .day, .week: .null
            case .month, .year: .int(subscription.start.day)
            }
        subscriptions.add([
            .identifier(subscription.id), .identifier(tenant.id), .identifier(plan.id), days.0, days.1,
            .int((hasEnded ? subscription.status.after : subscription.status.during).rawValue),
            .identifier(subscription.invoice), anchor, created, created,
        ])
    }
}
