package import Entities
import Logging
import PostgresClient
import Primitives
import Sealing
package import ServiceKit
package import ServicePlatform

/// What the features of tenant management share.
package struct TenantManagementCore: ServiceCore {
    package static let resources = TenantManagementCatalog.resources

    package let platform: ServicePlatform
    package let catalog: EntityCatalog
    package let views: ViewPermissions
    package let tenantGate: TenantGate
    package let tenantPlans: TenantPlans
    let leadConfiguration: LeadConfiguration
    let webhooks: WebhookConfiguration
    let tenants: EntityRepository
    let leads: LeadRepository
    let domains: DomainRepository
    let provisionings: ProvisioningRepository
    let secretCopies: WebhookSecretCopies
    let planner: ProvisioningPlanner
    let cache: EntityCache
    let notifications: NotificationQueue
    let onboarding: TenantOnboardingService
    let provisioning: ProvisioningService
    let webhookVerifier: WebhookVerifier

    package init(_ platform: ServicePlatform, catalog: EntityCatalog, views: ViewPermissions) throws {
        let (pool, clock, logger) = (platform.pool, platform.clock, platform.logger)
        let (reader, keys, systemUser) = (platform.reader, platform.encryptionKeys, platform.systemUser)
        self.platform = platform
        self.catalog = catalog
        self.views = views
        tenantGate = TenantGate(lookup: TenantAdmission(pool: pool).isAdmitted)
        tenantPlans = TenantPlans(lookup: ProvisionedTier(pool: pool).tier)
        leadConfiguration = try LeadConfiguration(reader: reader)
        webhooks = try WebhookConfiguration(reader: reader)
        tenants = platform.repository(Tenant.entity, in: catalog)
        leads = LeadRepository(pool: pool)
        domains = DomainRepository(pool: pool)
        provisionings = ProvisioningRepository(pool: pool, systemUser: systemUser)
        let secrets = WebhookSecrets(keys: keys)
        secretCopies = WebhookSecretCopies(redis: platform.redis, lifetime: webhooks.webhookSecretLifetime)
        planner = ProvisioningPlanner(
            secrets: secrets, sealer: EventSecretSealer(keys: keys), copies: secretCopies,
            timeout: try ProvisioningConfiguration(reader: reader).timeout)
        cache = EntityCache(prefix: "tenant:", redis: platform.redis, logger: logger)
        notifications = NotificationQueue(
            pool: pool, transport: try NotificationTransports.make(reader: reader, logger: logger),
            sealer: Sealer(keys: keys, purpose: NotificationQueue.sealingPurpose),
            settings: try NotificationSettings(reader: reader), logger: logger)
        onboarding = TenantOnboardingService(
            pool: pool, leads: leads, domains: domains, tenants: tenants,
            contacts: platform.repository(Contact.entity, in: catalog),
            addresses: platform.repository(Address.entity, in: catalog), provisionings: planner, cache: cache,
            configuration: try TenantOnboardingConfiguration(reader: reader), system: systemUser.scope)
        provisioning = ProvisioningService(
            pool: pool, tenants: tenants, repository: provisionings, planner: planner, cache: cache,
            logger: logger)
        webhookVerifier = WebhookVerifier(
            copies: secretCopies, repository: provisionings, secrets: secrets, configuration: webhooks,
            clock: clock, logger: logger)
    }

    /// The cache of tenants.
    package func cache(of entity: Entity) -> EntityCache? { entity == Tenant.entity ? cache : nil }
}
