import ConfigurationChecks
import Entities
import MessageBus
import ServiceKit
import ServiceLifecycle
import ServicePlatform

/// Provisioning: it starts when a subscription becomes active, and ends with a signed callback or a timeout.
struct ProvisioningFeature: ServiceFeature {
    static let configurationKeys = ConfigurationKeys(combining: [
        ProvisioningConfiguration.configurationKeys, WebhookConfiguration.configurationKeys,
    ])

    static let events = [
        ProvisioningEvents.provisioning, ProvisioningEvents.succeeded, ProvisioningEvents.failed,
        ProvisioningEvents.deprovisioning, ProvisioningEvents.removed, ProvisioningEvents.notRemoved,
        ProvisioningEvents.command,
    ]

    let operations: [Operation]
    let background: [any Service]
    let consumers: [FeatureConsumer]

    init(_ core: TenantManagementCore) {
        let platform = core.platform
        let controller = ProvisioningController(service: core.provisioning)
        let webhooks = WebhookController(
            verifier: core.webhookVerifier,
            handlers: CallbackHandlers.all(core), configuration: core.webhooks,
            system: platform.systemUser.scope, logger: platform.logger)
        let runs = ProvisioningRunController(
            service: ProvisioningRunService(
                pool: platform.pool, tenants: core.tenants, runs: core.repository(ProvisioningRun.entity),
                repository: ProvisioningRunRepository(pool: platform.pool), clock: platform.clock,
                logger: platform.logger),
            catalog: core.catalog, limits: platform.queryLimits)
        operations = controller.operations + runs.operations + webhooks.operations
        background = [
            ProvisioningWatchdog(
                repository: core.provisionings, cache: core.cache, clock: platform.clock, logger: platform.logger)
        ]
        let subscriptionActivated = SubscriptionActivatedConsumer(
            service: core.provisioning, pool: platform.pool, system: platform.systemUser.scope,
            clock: platform.clock, logger: platform.logger)
        consumers = [
            FeatureConsumer(
                group: SubscriptionActivatedConsumer.group, types: [EventType.subscriptionActivated],
                handler: subscriptionActivated.handle)
        ]
    }
}
