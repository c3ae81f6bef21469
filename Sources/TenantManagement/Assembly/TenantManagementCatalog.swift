package import Entities

/// The entities of tenant management and how they belong together.
package enum TenantManagementCatalog {
    /// Builds the catalog.
    /// - Throws: ``EntityCatalogError`` when the descriptions contradict each other.
    package static func make() throws(EntityCatalogError) -> EntityCatalog {
        try EntityCatalog([
            Tenant.entity, Lead.entity, Contact.entity, Address.entity, Resource.entity, Invoice.entity,
            TenantConfig.entity,
        ])
    }
}
