import Entities
import ServiceKit
import ServicePlatform

/// The entities that have the common operations and no others.
struct CommonEntitiesFeature: ServiceFeature {
    let operations: [Operation]

    init(_ core: SubscriptionCore) {
        let followers = [PlanCycle.entity: core.cycles.cache]
        operations = SubscriptionCatalog.resources.flatMap { resource in
            resource.operations(
                pool: core.platform.pool, catalog: core.catalog, limits: core.platform.queryLimits,
                views: SubscriptionCatalog.views, clock: core.platform.clock
            ) { change in
                await followers[resource.entity]?.follow(change)
            }
        }
    }
}
