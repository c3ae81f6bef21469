import BillingPreview
import Entities
import ServiceKit
import ServicePlatform

/// What a subscription would bill.
struct BillingPreviewFeature: ServiceFeature {
    let operations: [Operation]

    init(_: SubscriptionCore) {
        let zones = InstalledZones()
        operations = BillingPreviewController(reader: ScenarioReader { zones.zone($0) }).operations
    }
}
