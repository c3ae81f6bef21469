import Configuration
import Entities
import Logging
import PDFDocuments
import PostgresClient
import Primitives
import RedisClient
import Sealing
import ServiceKit

/// The features of tenant management, wired together.
struct Features: Sendable {
    let operations: [Operation]
    let catalog: EntityCatalog
    let cache: EntityCache
    let notifications: NotificationQueue
    let watchdog: ProvisioningWatchdog
    let leadRetention: LeadRetention
    let identityProviders: IdentityProviders
    let subscriptionActivated: SubscriptionActivatedConsumer

    init(
        pool: PostgresPool, redis: RedisClient, limiter: RateLimiter, reader: ConfigReader,
        configuration: TenantManagementConfiguration, tokens: TokenConfiguration, clock: any WallClock, logger: Logger
    ) async throws {
        for warning in configuration.warnings { logger.warning("\(warning)") }
        let catalog = try TenantManagementCatalog.make()
        let queryLimits = try QueryLimits(reader: reader)
        func repository(_ entity: Entity) -> EntityRepository {
            EntityRepository(pool: pool, entity: entity, catalog: catalog, clock: clock)
        }
        func crud(
            _ entity: Entity, _ path: String, _ controller: String, _ permissions: CRUDPermissions,
            writableByTenant: Set<String>? = nil, onChange: @escaping CRUDOperations.ChangeObserver = { _ in }
        ) -> CRUDOperations {
            CRUDOperations(
                entity, path: path, controller: controller, permissions: permissions, repository: repository(entity),
                catalog: catalog, limits: queryLimits, views: TenantManagementCatalog.views,
                writableByTenant: writableByTenant, onChange: onChange)
        }
        let tenants = repository(Tenant.entity)
        let systemUser = configuration.systemUser
        let leads = LeadRepository(pool: pool)
        let provisionings = ProvisioningRepository(pool: pool, systemUser: systemUser)
        let secrets = WebhookSecrets(encryptionKey: configuration.encryptionKey)
        let copies = WebhookSecretCopies(redis: redis, lifetime: configuration.webhookSecretLifetime)
        let planner = ProvisioningPlanner(
            secrets: secrets, sealer: EventSecretSealer(secret: configuration.encryptionKey),
            copies: copies, timeout: configuration.provisioningTimeout)
        let cache = EntityCache(prefix: "tenant:", redis: redis, logger: logger)
        let notifications = NotificationQueue(
            pool: pool, transport: try NotificationTransports.make(reader: reader, logger: logger),
            sealer: Sealer(secret: configuration.encryptionKey, purpose: "notifications"),
            settings: try NotificationSettings(reader: reader), logger: logger)
        let onboarding = TenantOnboardingService(
            pool: pool, leads: leads, tenants: tenants, contacts: repository(Contact.entity),
            addresses: repository(Address.entity), provisionings: planner, cache: cache,
            configuration: configuration)
        let provisioning = ProvisioningService(
            pool: pool, tenants: tenants, repository: provisionings, planner: planner, cache: cache,
            logger: logger)
        let leadService = LeadService(
            pool: pool, leads: leads, leadEntities: repository(Lead.entity),
            addressEntities: repository(Address.entity), notifications: notifications,
            tokens: await TokenIssuer(
                secret: configuration.tokenSecret, issuer: tokens.issuer, audience: tokens.audience, clock: clock),
            entries: configuration.leadKeyRedisFormat == .none
                ? nil : LeadKeyEntries(redis: redis, lifetime: configuration.leadKeyLifetime, logger: logger),
            configuration: configuration)
        let verifier = WebhookVerifier(
            copies: copies, repository: provisionings, secrets: secrets, configuration: configuration, clock: clock,
            logger: logger)
        let identities = IdentityProviderRepository(
            pool: pool, sealer: IdentitySecretSealer(secret: configuration.encryptionKey), systemUser: systemUser,
            clock: clock)
        identityProviders = IdentityProviders(
            try IdentityProviderConfiguration(reader: reader), repository: identities)
        let firstUsers = FirstUserController(
            verifier: verifier,
            service: FirstUserService(providers: identityProviders, repository: identities, logger: logger),
            limiter: limiter, configuration: configuration)
        let webhook = WebhookController(
            verifier: verifier,
            service: ProvisioningCallbackService(
                pool: pool, repository: provisionings, cache: cache, notifications: notifications, copies: copies,
                logger: logger),
            limiter: limiter, configuration: configuration)

        let tenantController = TenantController(
            onboarding: onboarding, provisioning: provisioning,
            crud: crud(
                Tenant.entity, "/tenants", "TenantController", TenantController.permissions,
                writableByTenant: Tenant.writableByTenant
            ) { change in await cache.follow(change) },
            tenants: tenants, cache: cache, system: systemUser.scope, reservedKeys: configuration.reservedTenantKeys)
        let leadController = LeadController(
            service: leadService, onboarding: onboarding,
            crud: crud(
                Lead.entity, "/leads", "LeadController", LeadController.permissions),
            limiter: limiter, configuration: configuration)
        let rendering = try InvoiceRendering(reader: reader)
        if !rendering.renderer.isExecutable {
            logger.warning(
                "The program that draws invoices is missing; downloads of invoices will fail. Install arc-pdf beside arc, or set PDF_RENDERER_PATH.",
                metadata: ["path": "\(rendering.renderer.executable)"])
        }
        let invoices = InvoiceController(
            crud: crud(Invoice.entity, "/invoices", "InvoiceController", InvoiceController.permissions),
            downloads: InvoiceDownloadService(
                invoices: repository(Invoice.entity),
                renderer: PDFRenderer(configuration: rendering.renderer, logger: logger),
                fontFamily: rendering.fontFamily, logger: logger))
        let configs = TenantConfigController(
            crud: crud(
                TenantConfig.entity, "/tenant-configs", "TenantMgmtConfigController",
                TenantConfigController.permissions), configs: repository(TenantConfig.entity), tenants: tenants)
        operations =
            leadController.operations + tenantController.operations + webhook.operations + firstUsers.operations
            + invoices.operations + configs.operations
            + TenantManagementCatalog.resources.flatMap {
                $0.operations(
                    pool: pool, catalog: catalog, limits: queryLimits, views: TenantManagementCatalog.views,
                    clock: clock)
            }
        self.catalog = catalog
        self.cache = cache
        self.notifications = notifications
        watchdog = ProvisioningWatchdog(
            repository: provisionings, leads: leads, cache: cache, clock: clock, logger: logger)
        leadRetention = LeadRetention(
            leads: leads, retention: configuration.leadRetention, clock: clock, logger: logger)
        subscriptionActivated = SubscriptionActivatedConsumer(
            service: provisioning, pool: pool, system: systemUser.scope, clock: clock, logger: logger)
    }
}
