import Entities
import MessageBus
import PrometheusMetrics
import ServiceKit
import ServicePlatform

/// Tenants and their cache.
struct TenantFeature: ServiceFeature {
    static let entities = [
        FeatureEntity(Tenant.entity, viewPermissions: TenantPolicy.access.view.permissions),
        FeatureEntity(Address.entity),
        FeatureEntity(Resource.entity),
    ]

    static let events = [TenantEvents.created, TenantEvents.accessChanged, TenantEvents.listed]

    let operations: [Operation]
    let caches: [String: EntityCache]
    let healthChecks: [HealthCheck]
    let metrics: [MetricSource]

    init(_ core: TenantManagementCore) {
        let cache = core.cache
        operations =
            TenantController(
                crud: core.crud(
                    Tenant.entity, "/tenants", "TenantController", TenantPolicy.access),
                tenants: CachedRows(
                    cache: cache, repository: core.tenants, system: core.platform.systemUser.scope),
                reservedKeys: core.onboarding.configuration.reservedTenantKeys
            ).operations
        caches = [Tenant.entity.table: cache]
        healthChecks = [cache.healthCheck]
        metrics = [
            RowCensus(
                of: "main.tenants", statuses: Tenant.Status.allCases.map { (value: $0.rawValue, name: $0.name) },
                pool: core.platform.pool, settings: TenantScope.everyTenant
            ).source("arc_tenants")
        ]
    }
}
