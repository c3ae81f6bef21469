import ConfigurationChecks
import KeyRotation
import PrometheusMetrics
import ServiceKit
import ServiceLifecycle
import ServicePlatform
import WorkQueue

/// Performs the stored runs, and reports their outcome to tenant management.
struct RunFeature: ServiceFeature {
    static let configurationKeys = ConfigurationKeys(combining: [
        RunPolicy.configurationKeys, CallbackConfiguration.configurationKeys,
    ])

    static let sealedColumns = ProvisioningRunRepository.sealedColumns

    let background: [any Service]
    let healthChecks: [HealthCheck]
    let metrics: [MetricSource]
    private let callbacks: JSONPoster

    init(_ core: OrchestratorCore) throws {
        let policy = try RunPolicy(reader: core.reader, shutdownTime: core.http.shutdownTime)
        let configuration = try CallbackConfiguration(reader: core.reader)
        // Tenant management may be anywhere, because the operator has named it.
        callbacks = JSONPoster(allowsInternalAddresses: true)
        let sender = CallbackSender(
            url: configuration.url, timeout: configuration.timeout, client: callbacks, clock: core.clock)
        let reporter = ProgressReporter(
            repository: core.repository, callbacks: sender, policy: policy, logger: core.logger)
        let processor = ProvisioningRunProcessor(
            repository: core.repository, tiers: core.provisioners.tiers,
            callbacks: sender,
            appPlaneURL: configuration.appPlaneURL, policy: policy, clock: core.clock, logger: core.logger)
        let repository = core.repository
        healthChecks = [
            // The service works, but somebody has to look.
            HealthCheck(
                "stuckRuns", isRequired: false,
                advice: "The log of the orchestrator names them; resume, skip or abort each run (docs/operations.md)."
            ) { () -> HealthState in
                guard let count = try? await repository.stuckCount() else { return .impaired("unknown") }
                return count == 0 ? .up : .impaired("\(count) waiting")
            }
        ]
        metrics = [
            MetricSource("stuck_runs", maximumAge: .seconds(10)) {
                [MetricSample("arc_workflow_runs_stuck", try await repository.stuckCount())]
            }
        ]
        background = [
            LeasedWorker(store: core.runs, configuration: policy.worker, logger: core.logger) { run in
                .done(await processor.advance(run))
            },
            LeasedWorker(
                store: ProgressStore(repository: core.repository), configuration: policy.progressWorker,
                logger: core.logger
            ) { item in
                .done(try await reporter.report(item))
            },
        ]
    }

    func shutdown() async { await callbacks.shutdown() }
}
