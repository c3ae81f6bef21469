import ConfigurationChecks
import MessageBus
import ServiceKit
import ServiceLifecycle
import ServicePlatform

/// Revocations of tokens.
struct TokenRevocationFeature: ServiceFeature {
    static let configurationKeys = TokenRevocationConfiguration.configurationKeys
    static let entities = [
        FeatureEntity(TokenRevocation.entity, viewPermissions: TokenRevocationPolicy.access.view.permissions)
    ]
    static let events = [TokenRevocationEvents.revoked]

    let operations: [Operation]
    let background: [any Service]

    init(_ core: TenantManagementCore) throws {
        let platform = core.platform
        operations =
            TokenRevocationController(
                crud: core.crud(
                    TokenRevocation.entity, TokenRevocationController.path, "TokenRevocationController",
                    TokenRevocationPolicy.access),
                service: TokenRevocationService(
                    revocations: core.repository(TokenRevocation.entity),
                    revokedTokens: platform.credentials.revokedTokens,
                    configuration: try TokenRevocationConfiguration(reader: platform.reader))
            ).operations
        background = [
            RevocationPurge(
                repository: RevocationRepository(pool: platform.pool), clock: platform.clock, logger: platform.logger)
        ]
    }
}
