import Entities
import ServiceKit
import ServiceLifecycle
import ServicePlatform
import WorkQueue

/// Off-boarding: the removal of a tenant's resources after a grace period.
struct OffboardingFeature: ServiceFeature {
    static let configurationKeys = OffboardingConfiguration.configurationKeys

    let operations: [Operation]
    let background: [any Service]

    init(_ core: TenantManagementCore) throws {
        let platform = core.platform
        let store = OffboardingStore(pool: platform.pool)
        let repository = OffboardingRepository(pool: platform.pool)
        let exports = ExportRequests(try ExportConfiguration(reader: platform.reader), core.planner)
        operations =
            OffboardingController(
                service: OffboardingService(
                    pool: platform.pool, repository: repository, store: store,
                    graceDays: try OffboardingConfiguration(reader: platform.reader).graceDays,
                    exports: exports),
                printer: try DocumentRendering(reader: platform.reader).printer(logger: platform.logger)
            ).operations
        let processor = OffboardingProcessor(
            pool: platform.pool, repository: repository, tenants: core.tenants, planner: core.planner,
            exports: exports, cache: core.cache, system: platform.systemUser.scope, clock: platform.clock,
            logger: platform.logger)
        background = [
            LeasedWorker(
                store: store, configuration: WorkerConfiguration(pollInterval: .seconds(5)), logger: platform.logger,
                handler: processor.handle)
        ]
    }
}
