import Entities
import MessageBus
import ServicePlatform

/// Follows which tenants may act, as tenant management announces it.
struct TenantAccessFeature: ServiceFeature {
    let consumers: [FeatureConsumer]

    init(_ core: SubscriptionCore) {
        let consumer = TenantAccessConsumer(
            pool: core.platform.pool, system: core.platform.systemUser.scope, clock: core.platform.clock)
        consumers = [
            FeatureConsumer(
                group: TenantAccessConsumer.group, types: [EventType.tenantAccessChanged], handler: consumer.handle)
        ]
    }
}
