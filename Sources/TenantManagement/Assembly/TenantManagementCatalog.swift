package import Entities
package import ServiceKit

/// The entities of tenant management and how they belong together.
package enum TenantManagementCatalog {
    /// What has the common operations and no others: a line each.
    package static let resources = [Contact.resource]

    /// Builds the catalog.
    /// - Throws: ``EntityCatalogError`` when the descriptions contradict each other.
    package static func make() throws(EntityCatalogError) -> EntityCatalog {
        try EntityCatalog(
            [Tenant.entity, Lead.entity, Address.entity, Resource.entity, Invoice.entity, TenantConfig.entity]
                + resources.map(\.entity))
    }
}
