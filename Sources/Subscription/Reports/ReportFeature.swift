import ServiceKit
import ServicePlatform

/// Answers that operators ask for: recurring revenue, churn, receivables, and what tenants bring in and cost.
struct ReportFeature: ServiceFeature {
    let operations: [Operation]

    init(_ core: SubscriptionCore) {
        let pool = core.platform.pool
        operations =
            ReportController(
                reports: ReportRepository(pool: pool), tenants: TenantReportRepository(pool: pool),
                limits: core.platform.queryLimits
            ).operations + TenantCostController(pool: pool, tenants: EntitledTenants(pool: pool)).operations
    }
}
