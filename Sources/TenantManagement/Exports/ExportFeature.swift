import Entities
import Logging
import MessageBus
import Migrations
import ServiceKit
import ServiceLifecycle
import ServicePlatform
import WorkQueue

/// Archives of all that belongs to a tenant.
struct ExportFeature: ServiceFeature {
    static let configurationKeys = ExportConfiguration.configurationKeys
    static let entities = [
        FeatureEntity(TenantExport.entity, viewPermissions: ExportPolicy.view.permissions)
    ]

    static let events = [
        EventDescription(
            EventType.tenantExportRequested,
            "All rows of a tenant shall be sent for an archive, in events of type TENANT_EXPORT_PART.",
            [TenantEvents.tenant, .init("exportId", .string(format: .uuid), required: true)]),
        ProvisioningEvents.dataExport,
    ]

    let operations: [Operation]
    let background: [any Service]
    let consumers: [FeatureConsumer]

    init(_ core: TenantManagementCore) throws {
        let platform = core.platform
        let configuration = try ExportConfiguration(reader: platform.reader)
        let repository = ExportRepository(pool: platform.pool)
        let exports = core.repository(TenantExport.entity)
        operations =
            ExportController(
                service: ExportService(
                    pool: platform.pool, repository: repository, exports: exports,
                    requests: ExportRequests(configuration, core.planner)),
                exports: exports, tenants: core.tenants, catalog: core.catalog, limits: platform.queryLimits
            ).operations
            + ExportDataController(
                service: ExportDataService(
                    pool: platform.pool, exports: exports, secrets: core.planner.secrets,
                    tolerance: core.webhooks.webhookTolerance, maximumSize: configuration.maximumSize,
                    patience: configuration.timeout, system: platform.systemUser.scope, clock: platform.clock,
                    logger: platform.logger), system: platform.systemUser.scope
            ).operations
        let rendering = try DocumentRendering(reader: platform.reader)
        let invoices = core.repository(Invoice.entity)
        let builder = ExportBuilder(
            pool: platform.pool, repository: repository, data: ExportDataRepository(pool: platform.pool),
            entities: core.catalog.entities, invoices: invoices,
            documents: InvoiceDownloadService(
                invoices: invoices, printer: rendering.printer(logger: platform.logger)),
            maximumSize: configuration.maximumSize,
            migration: TenantManagementMigrations.all.map(\.number).max() ?? 0, system: platform.systemUser.scope,
            clock: platform.clock)
        background = [
            LeasedWorker(
                store: ExportStore(pool: platform.pool, retention: configuration.retention),
                configuration: WorkerConfiguration(concurrency: 1, maximumAttempts: 5, pollInterval: .seconds(1)),
                logger: platform.logger, handler: builder.handle),
            ExportPurge(repository: repository, logger: platform.logger),
        ]
        consumers = [
            FeatureConsumer(
                group: ExportPartConsumer.group, types: ExportPartConsumer.types,
                handler: ExportPartConsumer(pool: platform.pool).handle)
        ]
    }
}

/// Once an hour, deletes archives whose time is over.
struct ExportPurge: Service {
    let repository: ExportRepository
    let logger: Logger

    func run() async throws {
        await PeriodicWork.run("export_retention", every: .seconds(3600), after: .seconds(30)) { await purge() }
    }

    /// One round.
    func purge() async {
        do {
            while try await repository.purge(limit: 20) > 0 {}
        } catch {
            logger.warning("Old exports could not be deleted", metadata: ["error": "\(error)"])
        }
    }
}
