package import Entities
import HTTPTypes
package import PostgresClient
package import Primitives

/// An entity with its place in the HTTP API: all that a service needs to offer the operations of ``CRUDOperations`` on it.
///
/// A service lists its resources once; from the list come the entities of its catalog and their routes.
package struct EntityResource: Sendable {
    /// The description.
    package let entity: Entity
    /// Such as `/contacts`.
    package let path: String
    /// First half of the operation ids, such as `ContactController`.
    package let controller: String
    /// Who may do what.
    package let access: CRUDAccess
    /// Whether new rows may come with an id of the client's own (docs/contract/arc-api.md 6.12).
    package let acceptsOwnIDs: Bool

    /// Makes one from its parts.
    package init(
        _ entity: Entity, path: String, controller: String, access: CRUDAccess, acceptsOwnIDs: Bool = false
    ) {
        self.entity = entity
        self.path = path
        self.controller = controller
        self.access = access
        self.acceptsOwnIDs = acceptsOwnIDs
    }

    /// The operations.
    /// - Parameter onChange: Called after each write.
    package func operations(
        pool: PostgresPool, catalog: EntityCatalog, limits: QueryLimits, views: ViewPermissions, clock: any WallClock,
        onChange: @escaping CRUDOperations.ChangeObserver = { _ in }
    ) -> [Operation] {
        let crud = CRUDOperations(
            entity, path: path, controller: controller, access: access,
            repository: EntityRepository(pool: pool, entity: entity, catalog: catalog, clock: clock), catalog: catalog,
            limits: limits, views: views, onChange: onChange)
        return crud.all(acceptsOwnIDs: acceptsOwnIDs)
    }
}
