import ServiceKit
import ServicePlatform

/// What is sold in addition to plans.
struct AddOnFeature: ServiceFeature {
    static let entities = [FeatureEntity(AddOn.entity, viewPermissions: AddOnPolicy.access.view.permissions)]

    let operations: [Operation]

    init(_ core: SubscriptionCore) {
        operations =
            AddOnController(
                crud: core.crud(AddOn.entity, "/add-ons", "AddOnController", AddOnPolicy.access),
                check: AddOnCheck(addOns: core.repository(AddOn.entity))
            ).operations
    }
}
