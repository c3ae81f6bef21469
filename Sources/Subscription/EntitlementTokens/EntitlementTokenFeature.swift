import KeyRotation
import Sealing
import ServiceKit
import ServiceLifecycle
import ServicePlatform

/// Signed tokens of what tenants have of features.
struct EntitlementTokenFeature: ServiceFeature {
    static let configurationKeys = EntitlementTokenConfiguration.configurationKeys
    static let sealedColumns = [EntitlementKeyRepository.sealedColumn]

    let operations: [Operation]
    let background: [any Service]

    init(_ core: SubscriptionCore) throws {
        let platform = core.platform
        let configuration = try EntitlementTokenConfiguration(reader: platform.reader)
        let keys = EntitlementKeys(
            configured: configuration.keys,
            repository: EntitlementKeyRepository(
                pool: platform.pool,
                sealer: Sealer(keys: platform.encryptionKeys, purpose: EntitlementKeyRepository.sealingPurpose)),
            rotation: configuration.rotation, clock: platform.clock, logger: platform.logger)
        let meters = MeterRepository(
            entities: core.repository(Meter.entity), features: core.repository(Feature.entity))
        let service = EntitlementTokenService(
            entitlements: EntitlementService(
                entitlements: EntitlementRepository(pool: platform.pool), meters: meters,
                amounts: MeteredAmountRepository(pool: platform.pool)), keys: keys, configuration: configuration)
        operations = EntitlementTokenController(service: service, keys: keys).operations
        background = [keys]
    }
}
