package import Entities
package import ServiceKit

/// The entities of the subscription service and how they belong together.
package enum SubscriptionCatalog {
    /// What has the common operations and no others: a line each.
    package static let resources = [
        PlanSize.resource, PlanCycle.resource, ProvisionedResource.resource, OfferedService.resource, Feature.resource,
        Strategy.resource, FeatureValue.resource,
    ]

    /// Who may see what filters include. Lines are seen with their invoice.
    static let views = ViewPermissions(
        [
            Plan.entity.name: PlanController.permissions.view,
            PlanCurrency.entity.name: CurrencyController.permissions.view,
            TenantSubscription.entity.name: SubscriptionController.permissions.view,
            // A subscription's invoice is read with the permission to view subscriptions too.
            Invoice.entity.name: BillingInvoiceController.viewPermissions + SubscriptionController.permissions.view,
            Payment.entity.name: BillingInvoiceController.viewPermissions,
            BillingCustomer.entity.name: BillingCustomerController.viewPermissions,
        ].merging(resources.map { ($0.entity.name, $0.permissions.view) }) { $1 })

    /// Builds the catalog.
    /// - Throws: ``EntityCatalogError`` when the descriptions contradict each other.
    package static func make() throws(EntityCatalogError) -> EntityCatalog {
        try EntityCatalog(
            [
                Plan.entity, PlanCurrency.entity, TenantSubscription.entity, Invoice.entity, InvoiceItem.entity,
                BillingCustomer.entity, Payment.entity,
            ] + resources.map(\.entity))
    }
}
