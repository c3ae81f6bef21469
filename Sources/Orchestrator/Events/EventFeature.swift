import ConfigurationChecks
import MessageBus
import ServiceKit
import ServiceLifecycle
import ServicePlatform

/// Receives events, from the bus or over HTTP, and stores each as a run.
struct EventFeature: ServiceFeature {
    static let configurationKeys = EventConfiguration.configurationKeys

    let operations: [Operation]
    let consumers: [FeatureConsumer]
    let background: [any Service]

    init(_ core: OrchestratorCore) throws {
        let configuration = try EventConfiguration(reader: core.reader)
        let consumer = ProvisioningConsumer(
            repository: core.repository, announce: { [runs = core.runs] in runs.announce() }, logger: core.logger)
        let commands = WorkflowCommandConsumer(
            repository: core.repository, announce: { [runs = core.runs] in runs.announce() }, logger: core.logger)
        let exports = DataExportConsumer(store: core.dataExports, secrets: core.secrets, logger: core.logger)
        let handler: EventHandler = { delivery in
            switch delivery.event.type {
            case EventType.tenantProvisioningCommand: try await commands.handle(delivery)
            case EventType.tenantDataExportRequested: try await exports.handle(delivery)
            default: try await consumer.handle(delivery)
            }
        }
        let controller = EventBridgeController(
            handler: handler, credentials: configuration.credentials, secrets: core.secrets,
            limit: configuration.limit, clock: core.clock, logger: core.logger)
        operations = controller.operations
        consumers = [
            FeatureConsumer(
                group: ProvisioningConsumer.group,
                types: EventBridgeController.types, handler: handler)
        ]
        background = [InboxPurge(pool: core.database.pool, clock: core.clock, logger: core.logger)]
    }
}
