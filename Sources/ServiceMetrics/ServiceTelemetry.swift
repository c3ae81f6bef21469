package import Configuration
package import ConfigurationChecks
import CoreMetrics
package import Logging
import NIOPosix
package import Primitives
package import PrometheusMetrics
package import ServiceKit
package import ServiceLifecycle
import Synchronization

/// What a service measures about itself, and where it shows it: `/metrics` and `/stats`.
///
/// Everything that is made within ``measuring(_:)`` counts into the registry of this service, so that several services in
/// one process have separate figures. When metrics are off, nothing is registered and swift-metrics counts nowhere.
package struct ServiceTelemetry: Sendable {
    /// The service as the command line names it.
    package let service: String
    let configuration: MetricsConfiguration
    let statisticsConfiguration: StatisticsConfiguration
    let registry: MetricsRegistry?
    private let address: String
    private let servicePort: Int
    private let box = StatisticsBox()
    let clock: any WallClock
    let logger: Logger

    package static let configurationKeys = ConfigurationKeys(combining: [
        MetricsConfiguration.configurationKeys, StatisticsConfiguration.configurationKeys,
    ])
    /// How many tenants are kept for each one that is shown, so that those that rise are known early.
    private static let keptTenants = 16

    /// - Parameters:
    ///   - service: Its name, such as `tenant-management`.
    ///   - servicePort: The port of the service, from which the usual management port follows.
    /// - Throws: A failure that names the variable.
    package init(
        service: String, reader: ConfigReader, servicePort: Int, clock: any WallClock, logger: Logger
    ) throws(ConfigurationFailure) {
        self.service = service
        self.clock = clock
        self.logger = logger
        self.servicePort = servicePort
        address = try reader.value(ServiceConfiguration.hostSetting)
        configuration = try MetricsConfiguration(reader: reader, servicePort: servicePort)
        statisticsConfiguration = try StatisticsConfiguration(reader: reader)
        registry = configuration.isEnabled ? MetricsRegistry(MetricCatalog.all, logger: logger) : nil
        registry?.add([ProcessMetrics.source(service: service, version: ProgramVersion.current)])
    }

    /// Runs what makes the parts of the service, which then count here.
    package func measuring<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await withMetricsFactory(factory) { try await body() }
    }

    private var factory: any MetricsFactory { registry ?? NOOPMetricsHandler.instance }

    /// Adds values that are read when somebody asks for them.
    package func add(_ sources: [MetricSource]) { registry?.add(sources) }

    /// Lets go of everything that it asks, so that nothing of the service stays in the process. Call it when all else has ended.
    package func end() { registry?.removeSources() }

    /// The operations on the port of the service.
    package var operations: [Operation] {
        guard let registry else { return [] }
        return [MetricsController(registry: registry).operation] + statistics.operations(statisticsConfiguration)
    }

    /// The operations on the port of a service that knows no tokens: those with name and password, and what their page loads.
    package var operationsWithoutTokens: [Operation] {
        guard registry != nil, statisticsConfiguration.path != nil else { return [] }
        return statistics.operations(statisticsConfiguration).filter { operation in
            operation.security == .basic || (operation.security == .none && operation.path.hasSuffix("{asset}"))
        }
    }

    private var statistics: StatisticsController {
        StatisticsController(
            box: box, service: service, hostname: HostName.current ?? "", address: address, port: servicePort)
    }

    /// Observes the requests of the service.
    /// - Parameter operations: All of its operations.
    package func observers(_ operations: [Operation]) -> [any RequestObserver] {
        guard let registry else { return [] }
        let own = Set((self.operations + operationsWithoutTokens).map(\.path))
        let statistics = RequestStatistics(operations, uncounted: own, clock: clock)
        box.fill(statistics)
        let requests = RequestMetrics(
            operations, uncounted: own,
            tenantCapacity: max(64, configuration.topTenants * Self.keptTenants), factory: registry)
        registry.add([requests.source(topTenants: configuration.topTenants)])
        return [requests, statistics]
    }

    /// The management port, and what measures in the background.
    /// - Parameter checks: Of the health of the service, which the management port answers, too.
    package func background(checks: [HealthCheck]) async -> [any Service] {
        guard let registry else { return [] }
        return [
            SchedulerProbe(eventLoops: MultiThreadedEventLoopGroup.singleton, factory: registry) { [box] in
                box.statistics?.sampled($0)
            },
            ManagementServer(
                service: await managementService(registry, checks), name: service, configuration: configuration,
                logger: logger),
        ]
    }

    private func managementService(_ registry: MetricsRegistry, _ checks: [HealthCheck]) async -> HTTPService {
        let access = MetricsAccess(token: configuration.token)
        // Nobody authenticates here with a token of the service.
        let verifier = await TokenVerifier(configuration: TokenConfiguration(secret: nil, issuer: nil), clock: clock)
        return HTTPService(
            configuration: ServiceConfiguration(
                host: configuration.host, port: configuration.chosenPort ?? configuration.usualPort,
                writesAccessLog: false),
            base: BaseOperations(
                serviceName: "Management of \(service)", greeting: "Hello from \(service).", explorerAssets: nil,
                checks: checks, clock: clock),
            summary: "Figures of this node for those who run it.",
            operations: [MetricsController(registry: registry).operation(access)] + statistics.operations(access),
            authenticators: AuthenticatorChain([TokenAuthenticator(verifier: verifier)]),
            rateLimiter: RateLimiter(redis: nil, prefix: "", clock: clock), background: [], atEnd: {}, clock: clock,
            logger: logger)
    }
}
