import Entities
import MessageBus
import ServicePlatform

/// Erases personal data of tenants when tenant management says so.
struct ErasureFeature: ServiceFeature {
    let consumers: [FeatureConsumer]

    init(_ core: SubscriptionCore) {
        let platform = core.platform
        let consumer = ErasureConsumer(
            pool: platform.pool,
            // Those of the ledger are not part of the API.
            entities: core.catalog.entities + [LedgerCustomer.entity, LedgerPaymentSource.entity],
            system: platform.systemUser.scope, clock: platform.clock, logger: platform.logger)
        consumers = [
            FeatureConsumer(group: ErasureConsumer.group, types: ErasureConsumer.types, handler: consumer.handle)
        ]
    }
}
