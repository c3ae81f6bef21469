package import Entities
import MessageBus
package import ServiceKit

/// The events of a service that owns an outbox, as operators see them.
package struct EventOperationsFeature<Core: ServiceCore>: ServiceFeature {
    package static var entities: [FeatureEntity] {
        [FeatureEntity(LoggedEventEntity.entity, viewPermissions: [PermissionCatalog.viewEvents])]
    }

    package let operations: [Operation]

    package init(_ core: Core) {
        let platform = core.platform
        let service = EventOperationsService(
            log: OutboxLog(pool: platform.pool),
            letters: DeadLetterList(
                outbox: OutboxDeadLetters(pool: platform.pool), bus: platform.bus.deadLetters,
                groups: platform.consumerGroups),
            bus: platform.bus.deadLetters, pool: platform.pool, logger: platform.logger)
        operations =
            EventOperationsController(
                service: service, events: core.repository(LoggedEventEntity.entity), catalog: core.catalog,
                limits: platform.queryLimits
            ).operations
    }
}
