import Entities
import ServiceKit
import ServicePlatform

/// Tenants that live on a time of their own.
struct TestClockFeature: ServiceFeature {
    static let configurationKeys = TestClockConfiguration.configurationKeys
    static let entities = [
        FeatureEntity(TestClock.entity, viewPermissions: TestClockPolicy.access.view.permissions)
    ]

    let operations: [Operation]

    init(_ core: SubscriptionCore) {
        operations =
            TestClockController(
                crud: core.crud(
                    TestClock.entity, TestClockController.path, "TestClockController", TestClockPolicy.access),
                service: TestClockService(
                    repository: TestClockRepository(entities: core.repository(TestClock.entity)),
                    admission: core.admission, renewals: RenewalRepository(pool: core.platform.pool),
                    store: core.renewals, collections: CollectionRepository(pool: core.platform.pool),
                    collectionStore: core.collections, credits: CreditGrantRepository(pool: core.platform.pool)),
                isEnabled: core.tenantTime.hasTestClocks
            ).operations
    }
}
