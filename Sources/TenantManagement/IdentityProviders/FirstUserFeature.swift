import Sealing
import ServiceKit
import ServicePlatform

/// The first user of a tenant at the tenant's identity provider.
struct FirstUserFeature: ServiceFeature {
    static let configurationKeys = IdentityProviderConfiguration.configurationKeys

    let operations: [Operation]
    private let providers: IdentityProviders

    init(_ core: TenantManagementCore) throws {
        let platform = core.platform
        let repository = IdentityProviderRepository(
            pool: platform.pool, sealer: IdentitySecretSealer(secret: platform.encryptionKey),
            systemUser: platform.systemUser, clock: platform.clock)
        providers = IdentityProviders(
            try IdentityProviderConfiguration(reader: platform.reader), repository: repository)
        operations =
            FirstUserController(
                verifier: core.webhookVerifier,
                service: FirstUserService(providers: providers, repository: repository, logger: platform.logger),
                limiter: platform.limiter, configuration: core.webhooks
            ).operations
    }

    func shutdown() async { await providers.shutdown() }
}
