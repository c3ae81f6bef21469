import Entities
import ServiceKit
import ServiceLifecycle
import ServicePlatform

/// Meters, and what tenants have used.
struct UsageFeature: ServiceFeature {
    static let configurationKeys = UsageConfiguration.configurationKeys
    static let entities = [
        FeatureEntity(Meter.entity, viewPermissions: MeterPolicy.access.view.permissions),
        FeatureEntity(MeteredPrice.entity, viewPermissions: MeteredPricePolicy.access.view.permissions),
    ]

    let operations: [Operation]
    let background: [any Service]

    init(_ core: SubscriptionCore) throws {
        let platform = core.platform
        let configuration = try UsageConfiguration(reader: platform.reader)
        let meters = MeterRepository(
            entities: core.repository(Meter.entity), features: core.repository(Feature.entity))
        let service = UsageService(
            meters: meters, events: UsageEventRepository(pool: platform.pool),
            sums: UsageRepository(pool: platform.pool), tenants: EntitledTenants(pool: platform.pool),
            configuration: configuration, time: core.tenantTime)
        operations =
            MeterController(
                crud: core.crud(Meter.entity, "/meters", "MeterController", MeterPolicy.access), meters: meters
            ).operations + UsageController(service: service).operations
            + MeteredPriceController(
                crud: core.crud(
                    MeteredPrice.entity, "/metered-prices", "MeteredPriceController", MeteredPricePolicy.access),
                prices: core.repository(MeteredPrice.entity), meters: meters
            ).operations
        background = [
            UsageRetention(
                pool: platform.pool, retention: configuration.retention, clock: platform.clock,
                logger: platform.logger)
        ]
    }
}
