import ConfigurationChecks
import Entities
import MessageBus
import PrometheusMetrics
import ServiceKit
import ServiceLifecycle
import ServicePlatform
import WorkQueue

/// Renewals of subscriptions that the engine bills, and those that cannot be billed.
struct RenewalFeature: ServiceFeature {
    static let configurationKeys = RenewalConfiguration.configurationKeys
    static let entities = [
        FeatureEntity(ParkedSubscription.entity, viewPermissions: RenewalPolicy.view.permissions)
    ]
    static let events = [RenewalEvents.parked, RenewalEvents.unparked]

    let operations: [Operation]
    let background: [any Service]
    let healthChecks: [HealthCheck]
    let metrics: [MetricSource]

    init(_ core: SubscriptionCore) throws {
        let platform = core.platform
        let configuration = try RenewalConfiguration(reader: platform.reader)
        let repository = RenewalRepository(pool: platform.pool)
        let processor = RenewalProcessor(billing: core.subscriptionBilling, system: platform.systemUser.scope)
        operations =
            ParkedSubscriptionController(
                service: RenewalService(repository: repository, store: core.renewals),
                parked: core.repository(ParkedSubscription.entity), catalog: core.catalog, limits: platform.queryLimits
            ).operations
        background = [
            LeasedWorker(
                store: core.renewals, configuration: configuration.worker, logger: platform.logger,
                handler: processor.renew)
        ]
        let health = RenewalHealth(repository: repository, lag: configuration.lag)
        healthChecks = [health.check]
        metrics = [health.source]
    }
}
