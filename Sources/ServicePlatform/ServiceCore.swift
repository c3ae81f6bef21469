package import Entities
package import ServiceKit

/// What the features of a service share.
package protocol ServiceCore: Sendable {
    /// The entities that have the common operations and no others.
    static var resources: [EntityResource] { get }

    var platform: ServicePlatform { get }
    /// The entities of all features.
    var catalog: EntityCatalog { get }
    /// Who may see what filters include.
    var views: ViewPermissions { get }
    /// Rejects tokens of tenants that may not act.
    var tenantGate: TenantGate { get }
    /// The plans of tenants, for their limits of calls.
    var tenantPlans: TenantPlans { get }

    /// Reads the settings that several features share; their keys are listed by one of the features.
    /// - Throws: `ConfigurationFailure` that names the variable.
    init(_ platform: ServicePlatform, catalog: EntityCatalog, views: ViewPermissions) throws

    /// The cache that follows the writes of an entity's common operations; nil if its rows are not cached.
    func cache(of entity: Entity) -> EntityCache?
}

extension ServiceCore {
    /// The rows of an entity.
    package func repository(_ entity: Entity) -> EntityRepository { platform.repository(entity, in: catalog) }

    /// The common operations of an entity whose controller has more than those.
    /// - Parameter repository: Where the rows are, if it needs more than others: what seals secrets.
    package func crud(
        _ entity: Entity, _ path: String, _ controller: String, _ access: CRUDAccess,
        repository: EntityRepository? = nil
    ) -> CRUDOperations {
        let cache = cache(of: entity)
        return CRUDOperations(
            entity, path: path, controller: controller, access: access,
            repository: repository ?? self.repository(entity), catalog: catalog, limits: platform.queryLimits,
            views: views,
            onChange: { change in await cache?.follow(change) })
    }
}

/// The entities that have the common operations and no others.
package struct CommonEntitiesFeature<Core: ServiceCore>: ServiceFeature {
    package static var entities: [FeatureEntity] {
        Core.resources.map { FeatureEntity($0.entity, viewPermissions: $0.access.view.permissions) }
    }

    package let operations: [Operation]

    package init(_ core: Core) {
        operations = Core.resources.flatMap { resource in
            let cache = core.cache(of: resource.entity)
            return resource.operations(
                pool: core.platform.pool, catalog: core.catalog, limits: core.platform.queryLimits, views: core.views,
                clock: core.platform.clock
            ) { change in await cache?.follow(change) }
        }
    }
}
