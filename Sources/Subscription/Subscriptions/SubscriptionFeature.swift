import Entities
import MessageBus
import Primitives
import PrometheusMetrics
import ServiceKit
import ServiceLifecycle
import ServicePlatform

/// Subscriptions of tenants, and their expiry.
struct SubscriptionFeature: ServiceFeature {
    static let configurationKeys = SubscriptionConfiguration.configurationKeys
    static let entities = [
        FeatureEntity(TenantSubscription.entity, viewPermissions: SubscriptionPolicy.access.view.permissions),
        FeatureEntity(SubscriptionChange.entity, viewPermissions: SubscriptionPolicy.access.view.permissions),
    ]

    static let events = [SubscriptionEvent.created, SubscriptionEvent.activated, SubscriptionEvent.changed]

    let operations: [Operation]
    let background: [any Service]
    let consumers: [FeatureConsumer]
    let metrics: [MetricSource]

    init(_ core: SubscriptionCore) throws {
        let platform = core.platform
        let configuration = try SubscriptionConfiguration(reader: platform.reader)
        let start = SubscriptionStart(
            billing: core.subscriptionBilling, collecting: core.collectionMethods, time: core.timeOfTenant)
        let actions = try core.subscriptionActions()
        let (terms, summaries) = (actions.terms, actions.summaries)
        let changes = ScheduledChangeController(
            service: ScheduledChangeService(actions: actions, changes: core.subscriptionBilling.repository.changes),
            subscriptions: core.subscriptions.entities, catalog: core.catalog, limits: platform.queryLimits)
        let lifecycle = SubscriptionLifecycle(
            subscriptions: core.subscriptions, invoices: core.invoices,
            terms: terms, summaries: summaries, quota: configuration.quota, admission: core.admission,
            start: { try await start.start($0, on: $1, in: $2) }, time: core.timeOfTenant,
            startDay: { try await start.day(of: $0, in: $1) })
        let controller = SubscriptionController(
            crud: core.crud(
                TenantSubscription.entity, "/subscriptions", "SubscriptionController",
                SubscriptionPolicy.access),
            lifecycle: lifecycle, subscriptions: core.subscriptions, invoices: core.invoices,
            limits: platform.queryLimits, clock: platform.clock, newSchema: SubscriptionTermsSchemas.new)
        let ofPlans = PlanSubscriptionController(subscriptions: core.subscriptions, limits: platform.queryLimits)
        operations =
            controller.operations + ofPlans.operations + PlanOfferController(terms: terms).operations
            + SubscriptionActionController(service: actions).operations
            + SubscriptionPriceController(service: actions).operations + changes.operations
        let offboarding = OffboardingConsumer(
            subscriptions: core.subscriptions, system: platform.systemUser.scope, clock: platform.clock,
            logger: platform.logger)
        consumers = [
            FeatureConsumer(
                group: OffboardingConsumer.group, types: OffboardingConsumer.types, handler: offboarding.handle)
        ]
        metrics = [
            RowCensus(
                of: "main.subscriptions",
                statuses: TenantSubscription.Status.allCases.map { (value: $0.rawValue, name: "\($0)".uppercased()) },
                pool: platform.pool, settings: TenantScope.everyTenant
            ).source("arc_subscriptions")
        ]
        background =
            configuration.expiryInterval.map {
                [
                    SubscriptionExpiry(
                        subscriptions: core.subscriptions, system: platform.systemUser.scope, interval: $0,
                        clock: platform.clock, hasTestClocks: core.tenantTime.hasTestClocks, logger: platform.logger)
                ]
            } ?? []
    }
}
