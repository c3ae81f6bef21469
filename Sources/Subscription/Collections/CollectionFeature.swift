import ConfigurationChecks
import Entities
import JSONCoding
import MessageBus
import Primitives
import PrometheusMetrics
import ServiceKit
import ServiceLifecycle
import ServicePlatform
import WorkQueue

/// Payments of invoices, and what follows when they fail.
struct CollectionFeature: ServiceFeature {
    static let configurationKeys = CollectionConfiguration.configurationKeys
    static let entities = [
        FeatureEntity(InvoiceCollection.entity, viewPermissions: CollectionPolicy.view.permissions)
    ]
    static let events = [
        CollectionEvents.succeeded, CollectionEvents.failed, CollectionEvents.overdue, CollectionEvents.exhausted,
        CollectionEvents.ended, CollectionEvents.standing,
    ]

    let operations: [Operation]
    let background: [any Service]
    let metrics: [MetricSource]

    init(_ core: SubscriptionCore) throws {
        let platform = core.platform
        let configuration = try CollectionConfiguration(reader: platform.reader)
        guard configuration.method != .automatic || core.collectionMethods.hasCharges else {
            throw ConfigurationFailure(
                key: "COLLECTION_METHOD", reason: "must not be automatic: the billing provider moves no money")
        }
        let collector = try core.collector()
        let service = CollectionService(
            repository: collector.repository, collections: core.repository(InvoiceCollection.entity),
            invoices: core.invoices, subscriptions: core.subscriptionBilling.repository,
            methods: core.collectionMethods, store: core.collections)
        operations =
            CollectionController(
                service: service, payments: core.repository(Payment.entity), catalog: core.catalog, views: core.views,
                limits: platform.queryLimits
            ).operations
        let actions = try core.subscriptionActions()
        let processor = CollectionProcessor(collector: collector) { subscription, context in
            do {
                let request = SubscriptionActionRequest(.cancel, ["policy": "none"])
                _ = try await actions.perform(request, on: subscription, in: context)
            } catch SubscriptionActionError.impossible {
                // It has ended already.
            } catch SubscriptionActionError.notFound {
                // It was deleted.
            }
        }
        background = [
            LeasedWorker(
                store: core.collections, configuration: configuration.worker, logger: platform.logger,
                handler: processor.handle)
        ]
        let repository = collector.repository
        metrics = [
            MetricSource("collections", maximumAge: .seconds(10)) {
                try await repository.counts().map {
                    MetricSample("arc_invoice_collections", $0.count, labels: [("state", $0.name)])
                }
            }
        ]
    }
}
