import ConfigurationChecks
import Entities
import KeyRotation
import OutboundHTTP
import Sealing
import ServiceKit
import ServiceLifecycle
import ServicePlatform
import WorkQueue

/// Webhooks that leave the system: endpoints, their deliveries, and the feed of events to catch up from.
struct WebhookFeature: ServiceFeature {
    static let configurationKeys = ConfigurationKeys(combining: [
        WebhookEndpointConfiguration.configurationKeys, DeliveryConfiguration.configurationKeys,
        EventFeedRetention.configurationKeys,
    ])
    static let entities = [
        FeatureEntity(WebhookEndpoint.entity, viewPermissions: WebhookPolicy.access.view.permissions),
        FeatureEntity(WebhookDelivery.entity, viewPermissions: WebhookPolicy.access.view.permissions),
        FeatureEntity(WebhookAttempt.entity),
        FeatureEntity(WebhookReplay.entity, viewPermissions: WebhookPolicy.access.view.permissions),
    ]
    static let events = [WebhookEndpointEvents.disabled]
    static let sealedColumns = [WebhookSecretRepository.sealedColumn]

    let operations: [Operation]
    let background: [any Service]
    let consumers: [FeatureConsumer]
    private let client: OutboundHTTPClient

    init(_ core: TenantManagementCore) throws {
        let platform = core.platform
        let (pool, clock, logger) = (platform.pool, platform.clock, platform.logger)
        let endpoints = try WebhookEndpointConfiguration(reader: platform.reader)
        let deliveries = try DeliveryConfiguration(reader: platform.reader)
        let secrets = WebhookSecretRepository(
            pool: pool, sealer: Sealer(keys: platform.encryptionKeys, purpose: WebhookSecretRepository.sealingPurpose))
        let store = DeliveryStore(
            pool: pool, secrets: secrets, limits: deliveries.limits, clock: clock, logger: logger)
        let feed = EventFeedRepository(pool: pool)
        let repository = DeliveryRepository(pool: pool)
        client = OutboundHTTPClient(
            userAgent: "arc-webhooks/1",
            addresses: endpoints.urls.allowsPrivateAddresses ? .publicAndPrivate : .publicOnly,
            maximumAnswerSize: ResponseExcerpt.maximumBytes)
        let sender = DeliverySender(
            client: client, ladder: deliveries.ladder, timeout: deliveries.timeout, patience: deliveries.patience,
            disabling: EndpointDisabling(
                pool: pool, notifications: core.notifications, operatorAddress: deliveries.operatorAddress,
                clock: clock, logger: logger),
            clock: clock)

        operations =
            WebhookEndpointController(
                crud: core.crud(
                    WebhookEndpoint.entity, "/webhook-endpoints", "WebhookEndpointController",
                    WebhookPolicy.access),
                service: WebhookEndpointService(
                    endpoints: core.repository(WebhookEndpoint.entity), secrets: secrets, configuration: endpoints)
            ).operations
            + DeliveryController(
                crud: core.crud(
                    WebhookDelivery.entity, DeliveryController.path, "WebhookDeliveryController",
                    WebhookPolicy.access),
                service: DeliveryService(
                    deliveries: core.repository(WebhookDelivery.entity), repository: repository, store: store),
                endpoints: core.repository(WebhookEndpoint.entity), catalog: core.catalog,
                limits: platform.queryLimits, views: core.views, limiter: platform.limiter
            ).operations
            + WebhookReplayController(
                replays: core.repository(WebhookReplay.entity), endpoints: core.repository(WebhookEndpoint.entity),
                catalog: core.catalog, limits: platform.queryLimits, views: core.views
            ).operations
            + EventFeedController(service: EventFeedService(repository: feed)).operations
        background = [
            LeasedWorker(store: store, configuration: deliveries.worker, logger: logger) { delivery in
                try await sender.send(delivery)
            },
            DeliveryRetention(
                repository: repository, secrets: secrets, retention: deliveries.retention, clock: clock,
                logger: logger),
            EventFeedRetention(
                repository: feed, retention: try EventFeedRetention.period(platform.reader), clock: clock,
                logger: logger),
        ]
        let consumer = EventFeedConsumer(
            pool: pool, system: platform.systemUser.scope, clock: clock, onDeliveries: { store.announce() })
        consumers = [
            FeatureConsumer(
                group: EventFeedConsumer.group, types: Set(PublishedEvents.types),
                configuration: EventFeedConsumer.configuration, handler: consumer.handle)
        ]
    }

    func shutdown() async { await client.shutdown() }
}
