import ConfigurationChecks
import MessageBus
import ServiceKit
import ServiceLifecycle
import ServicePlatform
import WorkQueue

/// Removes the old copies of tenants that were moved. The moves themselves are workflows of the tiers' provisioners.
struct MoveFeature: ServiceFeature {
    static let configurationKeys = MoveSettings.configurationKeys

    let background: [any Service]
    let consumers: [FeatureConsumer]
    let healthChecks: [HealthCheck]

    init(_ core: OrchestratorCore) throws {
        guard let tenancy = core.provisioners.tenancy else {
            (background, consumers, healthChecks) = ([], [], [])
            return
        }
        let remover = OldCopyRemover(tenancy: tenancy)
        let store = OldCopyStore(pool: core.database.pool)
        let consumer = MoveConfirmationConsumer(store: store, clock: core.clock, logger: core.logger)
        background = [
            LeasedWorker(
                store: store, configuration: WorkerConfiguration(concurrency: 4, bulkheadSize: 2), logger: core.logger
            ) { copy in
                try await remover.remove(copy)
                return .done(())
            }
        ]
        consumers = [
            FeatureConsumer(
                group: MoveConfirmationConsumer.group, types: [EventType.tenantMoveConfirmed],
                handler: { try await consumer.handle($0) })
        ]
        healthChecks = [
            HealthCheck(
                "oldCopies", isRequired: false,
                advice: "Look for `old copy` in the log of the orchestrator, and remove what is left by hand."
            ) { () -> HealthState in
                guard let count = try? await store.givenUpCount() else { return .impaired("unknown") }
                return count == 0 ? .up : .impaired("\(count) could not be removed")
            }
        ]
    }
}
