import KeyRotation
import Sealing
import ServiceKit
import ServiceLifecycle
import ServicePlatform
import WorkQueue

/// The first user of a tenant at the tenant's identity provider, and what becomes of users when the tenant is suspended or
/// off-boarded.
struct FirstUserFeature: ServiceFeature {
    static let configurationKeys = IdentityProviderConfiguration.configurationKeys

    static let sealedColumns = [IdentityProviderRepository.sealedColumn]

    let operations: [Operation]
    let background: [any Service]
    private let providers: IdentityProviders

    init(_ core: TenantManagementCore) throws {
        let platform = core.platform
        let repository = IdentityProviderRepository(
            pool: platform.pool, sealer: IdentitySecretSealer(keys: platform.encryptionKeys),
            systemUser: platform.systemUser, clock: platform.clock)
        providers = IdentityProviders(
            try IdentityProviderConfiguration(reader: platform.reader), repository: repository)
        operations =
            FirstUserController(
                verifier: core.webhookVerifier,
                service: FirstUserService(providers: providers, repository: repository, logger: platform.logger),
                configuration: core.webhooks
            ).operations
        let processor = IdentityChangeProcessor(
            providers: providers, repository: repository, logger: platform.logger)
        background = [
            LeasedWorker(
                store: IdentityChangeStore(pool: platform.pool),
                // Tried without a limit: it succeeds when somebody has corrected the configuration of the provider.
                configuration: WorkerConfiguration(
                    backOff: BackOff(initial: .seconds(2), maximum: .seconds(900)), maximumAttempts: .max,
                    unavailability: BackOff(initial: .milliseconds(500), maximum: .seconds(10)),
                    pollInterval: .seconds(2)),
                logger: platform.logger, handler: processor.handle)
        ]
    }

    func shutdown() async { await providers.shutdown() }
}
