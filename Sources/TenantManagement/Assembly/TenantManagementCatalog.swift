package import Entities
package import ServiceKit

/// The entities of tenant management and how they belong together.
package enum TenantManagementCatalog {
    /// What has the common operations and no others: a line each.
    package static let resources = [Contact.resource]

    /// Who may see what filters include. Addresses and resources are seen with their tenant or lead.
    static let views = ViewPermissions(
        [
            Tenant.entity.name: TenantController.permissions.view, Lead.entity.name: LeadController.permissions.view,
            Invoice.entity.name: InvoiceController.permissions.view,
            TenantConfig.entity.name: TenantConfigController.permissions.view,
        ].merging(resources.map { ($0.entity.name, $0.permissions.view) }) { $1 })

    /// Builds the catalog.
    /// - Throws: ``EntityCatalogError`` when the descriptions contradict each other.
    package static func make() throws(EntityCatalogError) -> EntityCatalog {
        try EntityCatalog(
            [Tenant.entity, Lead.entity, Address.entity, Resource.entity, Invoice.entity, TenantConfig.entity]
                + resources.map(\.entity))
    }
}
