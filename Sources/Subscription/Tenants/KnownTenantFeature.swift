import MessageBus
import ServicePlatform

/// Follows which tenants exist and may act, as tenant management announces it.
struct KnownTenantFeature: ServiceFeature {
    let consumers: [FeatureConsumer]

    init(_ core: SubscriptionCore) {
        let consumer = KnownTenantConsumer(pool: core.platform.pool, clock: core.platform.clock)
        consumers = [
            FeatureConsumer(
                group: KnownTenantConsumer.group, types: KnownTenantConsumer.types, handler: consumer.handle)
        ]
    }
}
