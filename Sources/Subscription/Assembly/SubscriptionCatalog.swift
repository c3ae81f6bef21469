package import Entities
package import ServiceKit
import ServicePlatform

/// The entities of the subscription service.
package enum SubscriptionCatalog {
    /// What has the common operations and no others: a line each.
    package static let resources = [
        PlanSize.resource, PlanCycle.resource, ProvisionedResource.resource, OfferedService.resource, Feature.resource,
        Strategy.resource, FeatureValue.resource,
    ]

    /// The entities of all features.
    /// - Throws: ``EntityCatalogError`` when the descriptions contradict each other.
    package static func make() throws(EntityCatalogError) -> EntityCatalog { try SubscriptionApp.catalog() }
}
