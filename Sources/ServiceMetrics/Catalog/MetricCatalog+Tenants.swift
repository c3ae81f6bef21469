import PrometheusMetrics

extension MetricCatalog {
    static let tenants = [
        MetricDescription(
            "arc_tenants", .gauge, scope: .system, labels: ["status"],
            "Tenants by state; exact up to 10000 of a state, estimated from a sample of the table beyond"),
        MetricDescription(
            "arc_subscriptions", .gauge, scope: .system, labels: ["status"],
            "Subscriptions by state; exact up to 10000 of a state, estimated from a sample of the table beyond"),
        MetricDescription(
            "arc_renewals_parked", .gauge, scope: .system,
            "Subscriptions that cannot be billed and wait for somebody; counting stops at 10000"),
        MetricDescription(
            "arc_invoice_collections", .gauge, scope: .system, labels: ["state"],
            "Invoices that are past_due, unpaid when their schedule is over, or paying with an outcome that is not known yet; counting stops at 10000"
        ),
        MetricDescription(
            "arc_onboarding_duration_seconds", .histogram, labels: ["from"], buckets: MetricDescription.longDurations,
            "Time until a tenant became active, from its lead or, for tenants without a lead, from its creation"),
    ]
}
