package import Entities
package import ServiceKit

/// The entities of the subscription service and how they belong together.
package enum SubscriptionCatalog {
    /// What has the common operations and no others: a line each.
    package static let resources = [
        PlanSize.resource, PlanCycle.resource, ProvisionedResource.resource, OfferedService.resource, Feature.resource,
        Strategy.resource, FeatureValue.resource,
    ]

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
