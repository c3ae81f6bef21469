import Entities
import Logging
import ServiceKit
import ServiceLifecycle
import ServicePlatform

/// Leads: registration, and proof of the e-mail address.
struct LeadFeature: ServiceFeature {
    static let configurationKeys = LeadConfiguration.configurationKeys
    static let entities = [
        FeatureEntity(Lead.entity, viewPermissions: LeadPolicy.access.view.permissions)
    ]

    let operations: [Operation]
    let background: [any Service]

    init(_ core: TenantManagementCore) async throws {
        let platform = core.platform
        let configuration = core.leadConfiguration
        for warning in configuration.warnings { platform.logger.warning("\(warning)") }
        let service = LeadService(
            pool: platform.pool, leads: core.leads, leadEntities: core.repository(Lead.entity),
            addressEntities: core.repository(Address.entity), notifications: core.notifications,
            tokens: await TokenIssuer(
                secret: configuration.tokenSecret, issuer: platform.tokens.issuer, audience: platform.tokens.audience,
                clock: platform.clock),
            entries: configuration.leadKeyRedisFormat == .none
                ? nil
                : LeadKeyEntries(
                    redis: platform.redis, lifetime: configuration.leadKeyLifetime, logger: platform.logger),
            configuration: configuration)
        operations =
            LeadController(
                service: service,
                crud: core.crud(Lead.entity, "/leads", "LeadController", LeadPolicy.access),
                configuration: configuration, system: platform.systemUser.scope
            ).operations
        background = [
            LeadRetention(
                leads: core.leads, retention: configuration.leadRetention, clock: platform.clock,
                logger: platform.logger)
        ]
    }
}
