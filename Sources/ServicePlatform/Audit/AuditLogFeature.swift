package import ConfigurationChecks
package import Entities
import Primitives
import Sealing
package import ServiceKit
package import ServiceLifecycle
import WorkQueue

/// The audit log of a service: its operations, its chains and its retention.
package struct AuditLogFeature<Core: ServiceCore>: ServiceFeature {
    package static var configurationKeys: ConfigurationKeys { AuditConfiguration.configurationKeys }
    package static var entities: [FeatureEntity] {
        [FeatureEntity(AuditLogEntity.entity, viewPermissions: AuditLogPolicy.view.permissions)]
    }

    package let operations: [Operation]
    package let background: [any Service]
    package let healthChecks: [HealthCheck]

    /// Seconds for which rows may be pending before somebody should look.
    private static var tolerableLag: Int64 { 300 }

    package init(_ core: Core) throws {
        let platform = core.platform
        let configuration = try AuditConfiguration(reader: platform.reader)
        let repository = AuditRepository(
            pool: platform.pool,
            sealer: AuditSealer(keys: platform.encryptionKeys, service: platform.profile.serviceName))
        let entity = AuditLogEntity.entity
        operations =
            AuditLogController(
                crud: core.crud(
                    entity, "/audit-logs", "AuditLogController",
                    CRUDAccess(
                        create: AuditLogPolicy.none, view: AuditLogPolicy.view, update: AuditLogPolicy.none,
                        delete: AuditLogPolicy.none)),
                repository: core.repository(entity), catalog: core.catalog, limits: platform.queryLimits
            ).operations
        var services: [any Service] = [
            LeasedWorker(
                store: AuditChainStore(pool: platform.pool), configuration: AuditChaining.configuration,
                logger: platform.logger, handler: AuditChaining(repository: repository).handle)
        ]
        if let retention = configuration.retention {
            services.append(
                AuditRetention(
                    repository: repository, retention: retention, clock: platform.clock, logger: platform.logger))
        }
        background = services
        healthChecks = [
            HealthCheck(
                "auditChain", isRequired: false,
                advice: "Look at the log of the service for why rows of the audit log are not chained."
            ) { () -> HealthState in
                guard let oldest = try? await repository.oldestPending() else { return .up }
                let lag = SystemClock().now().duration(since: oldest)
                return lag > .seconds(Self.tolerableLag) ? .impaired("\(lag.components.seconds) s behind") : .up
            }
        ]
    }
}
