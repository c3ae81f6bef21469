import Entities
import Logging
import PostgresClient
import Primitives
import Sealing
import ServiceKit
import ServicePlatform

/// What the features of tenant management share.
struct TenantManagementCore: Sendable {
    let platform: ServicePlatform
    let configuration: TenantManagementConfiguration
    let catalog: EntityCatalog
    let tenants: EntityRepository
    let leads: LeadRepository
    let provisionings: ProvisioningRepository
    let secretCopies: WebhookSecretCopies
    let cache: EntityCache
    let notifications: NotificationQueue
    let onboarding: TenantOnboardingService
    let provisioning: ProvisioningService
    let webhookVerifier: WebhookVerifier

    init(_ platform: ServicePlatform, configuration: TenantManagementConfiguration) throws {
        for warning in configuration.leads.warnings { platform.logger.warning("\(warning)") }
        let (pool, clock, logger) = (platform.pool, platform.clock, platform.logger)
        let catalog = try TenantManagementCatalog.make()
        self.platform = platform
        self.configuration = configuration
        self.catalog = catalog
        tenants = platform.repository(Tenant.entity, in: catalog)
        leads = LeadRepository(pool: pool)
        provisionings = ProvisioningRepository(pool: pool, systemUser: configuration.systemUser)
        let secrets = WebhookSecrets(encryptionKey: configuration.encryptionKey)
        secretCopies = WebhookSecretCopies(
            redis: platform.redis, lifetime: configuration.webhooks.webhookSecretLifetime)
        let planner = ProvisioningPlanner(
            secrets: secrets, sealer: EventSecretSealer(secret: configuration.encryptionKey),
            copies: secretCopies, timeout: configuration.provisioningTimeout)
        cache = EntityCache(prefix: "tenant:", redis: platform.redis, logger: logger)
        notifications = NotificationQueue(
            pool: pool, transport: try NotificationTransports.make(reader: platform.reader, logger: logger),
            sealer: Sealer(secret: configuration.encryptionKey, purpose: "notifications"),
            settings: try NotificationSettings(reader: platform.reader), logger: logger)
        onboarding = TenantOnboardingService(
            pool: pool, leads: leads, tenants: tenants,
            contacts: platform.repository(Contact.entity, in: catalog),
            addresses: platform.repository(Address.entity, in: catalog), provisionings: planner, cache: cache,
            configuration: configuration.onboarding, system: configuration.systemUser.scope)
        provisioning = ProvisioningService(
            pool: pool, tenants: tenants, repository: provisionings, planner: planner, cache: cache,
            logger: logger)
        webhookVerifier = WebhookVerifier(
            copies: secretCopies, repository: provisionings, secrets: secrets, configuration: configuration.webhooks,
            clock: clock, logger: logger)
    }

    func repository(_ entity: Entity) -> EntityRepository { platform.repository(entity, in: catalog) }

    /// The common operations of an entity whose controller has more than those.
    func crud(
        _ entity: Entity, _ path: String, _ controller: String, _ permissions: CRUDPermissions,
        writableByTenant: Set<String>? = nil, onChange: @escaping CRUDOperations.ChangeObserver = { _ in }
    ) -> CRUDOperations {
        CRUDOperations(
            entity, path: path, controller: controller, permissions: permissions, repository: repository(entity),
            catalog: catalog, limits: platform.queryLimits, views: TenantManagementCatalog.views,
            writableByTenant: writableByTenant, onChange: onChange)
    }
}
