import ConfigurationChecks
import KeyRotation
import ServiceKit
import ServiceLifecycle
import ServicePlatform
import WorkQueue

/// Sends the application data of tenants to tenant management, which makes archives of it.
struct DataExportFeature: ServiceFeature {
    static let configurationKeys = DataExportSettings.configurationKeys

    static let sealedColumns = [DataExportStore.sealedColumn]

    let background: [any Service]
    private let client: JSONPoster

    init(_ core: OrchestratorCore) throws {
        // Tenant management may be anywhere, because the operator has named it.
        client = JSONPoster(allowsInternalAddresses: true)
        let exporter = DataExporter(
            store: core.dataExports,
            sources: DataExportSources(
                tenancy: core.provisioners.tenancy, tiers: core.provisioners.tiers, store: core.dataExports),
            callbacks: try CallbackConfiguration(reader: core.reader), client: client,
            timeLimit: try DataExportSettings(reader: core.reader).timeout,
            dumpProgram: try MoveSettings(reader: core.reader).dumpProgram, clock: core.clock, logger: core.logger)
        background = [
            LeasedWorker(
                store: core.dataExports,
                configuration: WorkerConfiguration(
                    concurrency: 2, maximumAttempts: DataExporter.maximumAttempts + 1),
                logger: core.logger, handler: exporter.handle)
        ]
    }

    func shutdown() async { await client.shutdown() }
}
