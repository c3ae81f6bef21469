import MessageBus
import ServiceKit
import ServiceLifecycle
import ServicePlatform

/// Follows the roles that tenant management announces.
struct KnownRoleFeature: ServiceFeature {
    let background: [any Service]
    let consumers: [FeatureConsumer]
    let healthChecks: [HealthCheck]

    init(_ core: SubscriptionCore) {
        let platform = core.platform
        let follower = RoleFollower(
            KnownRoles.reading, pool: platform.database.changesPool, book: platform.roles, logger: platform.logger)
        let consumer = KnownRoleConsumer(pool: platform.pool, clock: platform.clock)
        background = [follower]
        consumers = [
            FeatureConsumer(group: KnownRoleConsumer.group, types: KnownRoleConsumer.types, handler: consumer.handle)
        ]
        healthChecks = [follower.healthCheck]
    }
}
