package import Entities

/// The entities of the subscription service and how they belong together.
package enum SubscriptionCatalog {
    /// Builds the catalog.
    /// - Throws: ``EntityCatalogError`` when the descriptions contradict each other.
    package static func make() throws(EntityCatalogError) -> EntityCatalog {
        try EntityCatalog([
            Plan.entity, PlanSize.entity, PlanCurrency.entity, PlanCycle.entity, ProvisionedResource.entity,
            OfferedService.entity, TenantSubscription.entity, Invoice.entity, InvoiceItem.entity,
            BillingCustomer.entity, Payment.entity, Feature.entity, Strategy.entity, FeatureValue.entity,
        ])
    }
}
