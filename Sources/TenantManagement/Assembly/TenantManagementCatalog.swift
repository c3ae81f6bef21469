package import Entities
package import ServiceKit
import ServicePlatform

/// The entities of tenant management.
package enum TenantManagementCatalog {
    /// What has the common operations and no others: a line each.
    package static let resources = [Contact.resource]

    /// The entities of all features.
    /// - Throws: ``EntityCatalogError`` when the descriptions contradict each other.
    package static func make() throws(EntityCatalogError) -> EntityCatalog { try TenantManagementApp.catalog() }
}
