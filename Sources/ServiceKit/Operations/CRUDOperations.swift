package import Entities
import HTTPTypes
import JSONCoding
import PostgresClient
package import Primitives

/// Who may do what with the rows of an entity by its common operations. Deleted rows are restored by operators only.
package struct CRUDAccess: Sendable {
    /// To add rows.
    package let create: Access
    /// To read, list and count rows.
    package let view: Access
    /// To change and replace rows.
    package let update: Access
    /// To delete rows.
    package let delete: Access
    /// Fields that a tenant's own users may change; nil for all.
    package let writableByTenant: [any EntityField]?

    package init(
        create: Access, view: Access, update: Access, delete: Access, writableByTenant: [any EntityField]? = nil
    ) {
        self.create = create
        self.view = view
        self.update = update
        self.delete = delete
        self.writableByTenant = writableByTenant
    }

    /// Every code, in no order.
    package var permissions: [String] { [create, view, update, delete].flatMap(\.permissions) }
}

/// The operations that every entity has, made from its description: the original's eight (docs/contract/arc-api.md
/// 5.0), and the restoring of what was deleted.
///
/// A feature takes them all with ``all()`` or picks some and adds its own in place of the others.
package struct CRUDOperations: Sendable {
    /// Reports that rows were written, so that caches can follow. Called after the commit.
    package typealias ChangeObserver = @Sendable (CRUDChange) async -> Void

    let repository: EntityRepository
    let entity: Entity
    let catalog: EntityCatalog
    let path: String
    let controller: String
    let access: CRUDAccess
    let limits: QueryLimits
    let views: ViewPermissions
    /// Their names.
    let writableByTenant: Set<String>?
    let onChange: ChangeObserver

    /// - Parameters:
    ///   - entity: Whose operations they are.
    ///   - path: Such as `/contacts`.
    ///   - controller: First half of the operation ids, such as `ContactController`.
    ///   - access: Who may do what.
    ///   - repository: Where the rows are.
    ///   - catalog: For relations.
    ///   - limits: Bounds of filters.
    ///   - views: Who may see what filters include.
    ///   - onChange: Called after each write.
    package init(
        _ entity: Entity, path: String, controller: String, access: CRUDAccess, repository: EntityRepository,
        catalog: EntityCatalog, limits: QueryLimits, views: ViewPermissions,
        onChange: @escaping ChangeObserver = { _ in }
    ) {
        self.entity = entity
        self.path = path
        self.controller = controller
        self.access = access
        self.repository = repository
        self.catalog = catalog
        self.limits = limits
        self.views = views
        writableByTenant = access.writableByTenant.map { Set($0.map(\.name)) }
        self.onChange = onChange
    }

    /// All nine.
    /// - Parameter acceptsOwnIDs: See ``EntityResource/acceptsOwnIDs``.
    package func all(acceptsOwnIDs: Bool = false) -> [Operation] {
        [
            create(acceptsOwnIDs: acceptsOwnIDs), count(), find(), updateAll(), findByID(), updateByID(), replaceByID(),
            deleteByID(),
            restoreByID(),
        ]
    }
}

/// What a write did.
package enum CRUDChange: Sendable {
    /// A row has new contents.
    case saved(Record)
    /// Rows have new contents that were not read back.
    case changed([RowVersion])
    /// A row is gone; its version is the one at deletion.
    case deleted(id: Identifier, version: Int64)
    /// A write of a row has failed in a way that leaves open whether it happened.
    case uncertain(id: Identifier)
}
