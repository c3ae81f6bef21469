import Sealing
import ServiceKit
import ServicePlatform

/// The first user of a tenant at the tenant's identity provider.
struct FirstUserFeature: ServiceFeature {
    let operations: [Operation]
    private let providers: IdentityProviders

    init(_ core: TenantManagementCore) throws {
        let (platform, configuration) = (core.platform, core.configuration)
        let repository = IdentityProviderRepository(
            pool: platform.pool, sealer: IdentitySecretSealer(secret: configuration.encryptionKey),
            systemUser: configuration.systemUser, clock: platform.clock)
        providers = IdentityProviders(
            try IdentityProviderConfiguration(reader: platform.reader), repository: repository)
        operations =
            FirstUserController(
                verifier: core.webhookVerifier,
                service: FirstUserService(providers: providers, repository: repository, logger: platform.logger),
                limiter: platform.limiter, configuration: configuration.webhooks
            ).operations
    }

    func shutdown() async { await providers.shutdown() }
}
