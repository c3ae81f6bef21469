import Entities
import MessageBus
import ServicePlatform

/// Erases personal data of tenants when tenant management says so.
struct ErasureFeature: ServiceFeature {
    let consumers: [FeatureConsumer]

    init(_ core: SubscriptionCore) {
        let platform = core.platform
        let consumer = ErasureConsumer(
            pool: platform.pool, entities: core.storedEntities, system: platform.systemUser.scope,
            clock: platform.clock, logger: platform.logger)
        consumers = [
            FeatureConsumer(group: ErasureConsumer.group, types: ErasureConsumer.types, handler: consumer.handle)
        ]
    }
}
