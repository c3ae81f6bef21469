import Entities
import MessageBus
import ServiceKit
import ServiceLifecycle
import ServicePlatform
import WorkQueue

/// Changes of price for existing subscribers.
struct RepricingFeature: ServiceFeature {
    static let entities = [
        FeatureEntity(Repricing.entity, viewPermissions: RepricingPolicy.view.permissions),
        FeatureEntity(RepricedSubscription.entity, viewPermissions: RepricingPolicy.view.permissions),
    ]
    static let events = [RepricingEvents.repriced]

    let operations: [Operation]
    let background: [any Service]

    init(_ core: SubscriptionCore) throws {
        let platform = core.platform
        let repository = RepricingRepository(repricings: core.repository(Repricing.entity))
        let store = RepricingStore(pool: platform.pool)
        let versions = core.repository(PlanVersion.entity)
        let service = RepricingService(
            repository: repository,
            versions: PlanVersionService(repository: PlanVersionRepository(versions: versions)), store: store)
        operations =
            RepricingController(
                service: service,
                crud: core.crud(Repricing.entity, "/repricings", "RepricingController", RepricingPolicy.access),
                subscriptions: core.repository(RepricedSubscription.entity), catalog: core.catalog,
                limits: platform.queryLimits
            ).operations
        let processor = RepricingProcessor(
            repository: repository, actions: try core.subscriptionActions(), versions: versions,
            system: platform.systemUser.scope, clock: platform.clock)
        background = [
            LeasedWorker(
                store: store,
                configuration: WorkerConfiguration(
                    concurrency: 2, lease: .seconds(60), maximumAttempts: 20, pollInterval: .seconds(5)),
                logger: platform.logger, handler: processor.handle)
        ]
    }
}
