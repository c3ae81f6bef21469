package import Configuration
package import ConfigurationChecks
package import KeyRotation
package import Logging
package import MessageBus
import OpenTelemetry
package import Primitives
import PrometheusMetrics
package import ServiceKit
import ServiceLifecycle
import ServiceMetrics
import ServicePlatform

/// The orchestrator (`arc serve orchestrator`, port 3003): performs the provisioning that tenant management requests, and
/// reports the outcome. It serves no entities and publishes no events, so it needs no `ServicePlatform`.
package enum OrchestratorApp {
    /// In the order of the OpenAPI document.
    private static let features: [any ServiceFeature<OrchestratorCore>.Type] = [
        EventFeature.self,
        RunFeature.self,
        ProvisionerFeature.self,
        MoveFeature.self,
        DataExportFeature.self,
    ]

    /// Every setting that the service reads.
    package static let configurationKeys = ConfigurationKeys(
        combining: [OrchestratorCore.configurationKeys] + features.map { $0.configurationKeys })

    /// The columns of the service's database with sealed values.
    package static let sealedColumns = features.flatMap { $0.sealedColumns }

    /// Builds the service from its configuration. Nothing is connected before it runs, or is first used.
    /// - Parameter bus: The message bus; nil to use the configured one.
    /// - Throws: a configuration failure that names the variable.
    package static func make(
        reader: ConfigReader, clock: any WallClock = SystemClock(), bus: MessageBusConnection? = nil, logger: Logger
    ) async throws -> HTTPService {
        try configurationKeys.check(reader, together: bus == nil)
        let telemetry = try ServiceTelemetry(
            service: "orchestrator", reader: reader,
            servicePort: try ServiceConfiguration(reader: reader, defaultPort: OrchestratorCore.defaultPort).port,
            clock: clock, logger: logger)
        return try await telemetry.measuring {
            let core = try OrchestratorCore(reader: reader, clock: clock, bus: bus, logger: logger)
            var made: [any ServiceFeature<OrchestratorCore>] = []
            for feature in features { made.append(try await feature.init(core)) }
            return try await service(core, made, telemetry)
        }
    }

    /// What the service publishes and consumes, for the document of events. Nothing is connected.
    /// - Parameter name: As the command line names it.
    package static func eventParticipant(
        named name: String, reader: ConfigReader, logger: Logger
    ) async throws -> EventParticipant {
        let core = try OrchestratorCore(reader: reader, clock: SystemClock(), bus: nil, logger: logger)
        var consumers: [FeatureConsumer] = []
        for feature in features { consumers += try await feature.init(core).consumers }
        return EventParticipant(
            name: name, publishes: features.flatMap { $0.events }, groups: consumers.map(\.participation))
    }

    private static func service(
        _ core: OrchestratorCore, _ features: [any ServiceFeature<OrchestratorCore>], _ telemetry: ServiceTelemetry
    ) async throws -> HTTPService {
        let (bus, database, clock) = (core.bus, core.database, core.clock)
        let consumers = features.flatMap(\.consumers)
        let checks = [
            database.check(ProvisioningRunStatements.check),
            HealthCheck(
                "messageBus", isRequired: true,
                advice: "Check that the message bus runs, and EVENT_CONNECTOR with its settings. Events wait for it.",
                isHealthy: bus.isHealthy),
            HealthCheck.deadLetters {
                var count = 0
                for consumer in consumers { count += try await bus.deadLetters.deadLetterCount(group: consumer.group) }
                return count
            },
        ]
        let lag = core.lag.check(
            consumers.map { consumer in
                EventLag.Place(consumer.group) { try await bus.backlog.backlog(group: consumer.group) }
            })
        // No operation asks for a token, so the verifier has no keys and would refuse every one.
        let verifier = await TokenVerifier(configuration: TokenConfiguration(secret: nil, issuer: nil), clock: clock)
        let allChecks = checks + [lag] + features.flatMap(\.healthChecks)
        telemetry.add([
            .pools(database.pools), .bus(bus, groups: consumers.map(\.group), clock: clock),
        ])
        telemetry.add(features.flatMap(\.metrics) + [.work(features.flatMap(\.background))])
        let measuring = await telemetry.background(checks: allChecks)
        let tracing = try ServiceTracing.make(
            reader: core.reader, service: telemetry.service, clock: clock, logger: core.logger)
        // It ends last, so that it sends the spans of everything else.
        let exporters: [any Service] = tracing?.exporter.map { [$0] } ?? []
        if let exporter = tracing?.exporter { telemetry.add([.spans(exporter)]) }
        let service = HTTPService(
            configuration: core.http,
            base: BaseOperations(
                serviceName: "Orchestrator Service", greeting: "Hello from Orchestrator Service.",
                explorerAssets: ExplorerAssets(folder: core.http.explorerAssetsPath),
                checks: allChecks, clock: clock),
            summary:
                "Takes provisioning events from the bus or over HTTP, makes what the tenant's tier needs, and calls back.",
            operations: features.flatMap(\.operations) + telemetry.operationsWithoutTokens,
            authenticators: AuthenticatorChain([TokenAuthenticator(verifier: verifier)]),
            rateLimiter: RateLimiter(redis: nil, prefix: "", clock: clock),
            observers: telemetry.observers, recorder: tracing?.recorder,
            background: try exporters + measuring + bus.services + features.flatMap(\.background)
                + consumers.map { try $0.service(on: bus.subscriber) },
            reloadable: [core.provisioners.reload.setting],
            atEnd: {
                for feature in features { await feature.shutdown() }
                await bus.shutdown()
                await database.shutdown()
                telemetry.end()
            }, clock: clock, logger: core.logger)
        telemetry.add([.connections(service.load)])
        return service
    }
}
