package import Entities
import HTTPTypes
import JSONCoding
import PostgresClient
package import Primitives

/// The permission codes of an entity's operations (docs/contract/arc-api.md 5.0). Several codes are alternatives.
package struct CRUDPermissions: Sendable {
    /// To add rows.
    package var create: [String]
    /// To read, list and count rows.
    package var view: [String]
    /// To change and replace rows.
    package var update: [String]
    /// To delete rows.
    package var delete: [String]

    /// Makes one from its parts.
    package init(create: [String], view: [String], update: [String], delete: [String]) {
        self.create = create
        self.view = view
        self.update = update
        self.delete = delete
    }

    /// Every code, in no order.
    var all: [String] { create + view + update + delete }
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
    let permissions: CRUDPermissions
    let limits: QueryLimits
    let views: ViewPermissions
    /// Their names.
    let writableByTenant: Set<String>?
    let onChange: ChangeObserver

    /// - Parameters:
    ///   - entity: Whose operations they are.
    ///   - path: Such as `/contacts`.
    ///   - controller: First half of the operation ids, such as `ContactController`.
    ///   - permissions: Who may do what.
    ///   - repository: Where the rows are.
    ///   - catalog: For relations.
    ///   - limits: Bounds of filters.
    ///   - views: Who may see what filters include.
    ///   - writableByTenant: Fields that a tenant's own users may change; nil for all.
    ///   - onChange: Called after each write.
    package init(
        _ entity: Entity, path: String, controller: String, permissions: CRUDPermissions, repository: EntityRepository,
        catalog: EntityCatalog, limits: QueryLimits, views: ViewPermissions, writableByTenant: [any EntityField]? = nil,
        onChange: @escaping ChangeObserver = { _ in }
    ) {
        self.entity = entity
        self.path = path
        self.controller = controller
        self.permissions = permissions
        self.repository = repository
        self.catalog = catalog
        self.limits = limits
        self.views = views
        self.writableByTenant = writableByTenant.map { Set($0.map(\.name)) }
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
