import CoreMetrics
package import Entities
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import Observability
package import PostgresClient
package import Primitives
package import ServiceLifecycle
import Synchronization
package import TraceRecording
package import UnixSignals

/// A service ready to run: its operations behind an HTTP server, and the background work beside it.
package struct HTTPService: Sendable {
    /// The operations, the ones of every service included.
    package let operations: [Operation]
    /// The OpenAPI document, as served at `/openapi.json`.
    package let document: OpenAPIDocument

    /// What readiness depends on.
    package let healthChecks: [HealthCheck]

    private let documentText: DocumentBox
    private let configuration: ServiceConfiguration
    private let responder: ServiceResponder
    private let connections: ConnectionTable
    private let unsentAnswers: UnsentAnswers
    private let drain: DrainState
    private let background: [any Service]
    private let reloadable: [ReloadableSetting]
    private let atEnd: @Sendable () async -> Void
    private let logger: Logger
    /// What is measured while the service runs counts where its parts count.
    private let metrics: any MetricsFactory
    private let recorder: SpanRecorder?

    /// - Parameters:
    ///   - base: The operations that every service has.
    ///   - summary: Paragraph for the document.
    ///   - operations: The service's own.
    ///   - catalog: The entities, whose schemas are in the document; nil for a service without entities.
    ///   - idempotency: Stores idempotency keys; nil for a service without operations that take them.
    ///   - tenantGate: Rejects tokens of tenants that may not act; nil for a service without tenants.
    ///   - tenantPlans: The plans of tenants, for their limits of calls; nil for a service without tenants.
    ///   - replicated: The database whose rows the operations read, which may have replicas; nil for a service without a database.
    ///   - observers: Learn of all requests, in addition to the access log; made from all operations.
    ///   - recorder: Records spans; nil without tracing.
    ///   - background: Runs as long as the server. It starts before the server and ends after it, the last one first.
    ///   - origins: Whose pages may read responses; nil: those of the configuration.
    ///   - reloadable: Settings that can change while the service runs, beside those of every service.
    ///   - atEnd: Closes what everything uses (pools, clients), after everything else has ended.
    package init(
        configuration: ServiceConfiguration, base: BaseOperations, summary: String, operations: [Operation],
        catalog: EntityCatalog? = nil,
        authenticators: AuthenticatorChain, rateLimiter: RateLimiter, idempotency: IdempotencyStore? = nil,
        tenantGate: TenantGate? = nil, tenantPlans: TenantPlans? = nil, replicated: PostgresPool? = nil,
        observers: ([Operation]) -> [any RequestObserver] = { _ in [] }, recorder: SpanRecorder? = nil,
        background: [any Service], origins: AllowedOrigins? = nil, reloadable: [ReloadableSetting] = [],
        atEnd: @escaping @Sendable () async -> Void, clock: any WallClock, logger: Logger
    ) {
        let box = DocumentBox()
        let origins = origins ?? AllowedOrigins(configuration.limits.allowedOrigins)
        let drain = DrainState()
        let ofBase = base.operations(
            document: { [weak box] in box?.buffer ?? ByteBuffer() }, isDraining: { drain.isDraining })
        let all = ofBase + (replicated == nil ? operations : operations.map { $0.withReplicas() })
        let document = OpenAPIDocument(
            title: base.serviceName, summary: summary, operations: all, namedSchemas: { catalog?.namedSchemas ?? [] })
        box.fill { ByteBuffer(bytes: document.json()) }
        documentText = box
        let clientAddress = ClientAddressResolver(trustedProxies: configuration.limits.trustedProxies)
        let runners = all.enumerated().map { number, operation in
            OperationRunner(
                operation: operation, number: number, authenticators: authenticators,
                rateLimits: OperationLimits(operation, limiter: rateLimiter, plans: tenantPlans),
                limits: configuration.limits,
                idempotency: IdempotencyRunner(store: idempotency), clientAddress: clientAddress, clock: clock,
                tenantGate: tenantGate, hasReplicas: replicated?.hasReplicas ?? false)
        }
        self.operations = all
        self.drain = drain
        healthChecks = base.checks
        self.document = document
        self.configuration = configuration
        self.responder = ServiceResponder(
            router: OperationRouter(runners: runners),
            crossOrigin: CrossOriginPolicy(allowedOrigins: origins, operations: all),
            operations: all,
            observers: Self.observers(configuration, recorder) + observers(all),
            clientAddress: clientAddress, clock: clock,
            writePosition: Self.writePosition(replicated))
        let limits = Self.withinFileDescriptors(configuration.limits, logger: logger)
        connections = ConnectionTable(
            limit: limits.maximumConnections, limitPerNetwork: limits.maximumConnectionsPerAddress,
            uncounted: limits.trustedProxies)
        unsentAnswers = UnsentAnswers(limit: limits.maximumUnsentBytes)
        self.background = background
        self.reloadable =
            [
                ReloadableSetting(
                    "log level", current: { SharedLogLevel.process.level },
                    read: { try ServiceConfiguration.logLevel(reader: $0) }, use: { SharedLogLevel.process.use($0) }),
                ReloadableSetting(
                    "allowed origins", current: { origins.current },
                    read: { try RequestLimits(reader: $0).allowedOrigins }, use: { origins.use($0) }),
            ] + reloadable
        self.atEnd = atEnd
        self.logger = logger
        metrics = MetricsSystem.factory
        self.recorder = recorder
    }

    /// Runs until a signal arrives or an essential part fails. Then it drains, and running requests and background work have the
    /// configured time to end; then they are canceled.
    /// - Parameters:
    ///   - signals: Signals that start a graceful shutdown; tests pass none and cancel the task instead.
    ///   - onListening: Called with the port once the server accepts connections.
    ///   - reloads: The signals that ask for reading the settings again; nil: SIGHUP, which is trapped when this runs.
    ///   - configuration: Reads the settings again; nil: they do not change.
    package func run(
        signals: [UnixSignal] = [.sigterm, .sigint], reloads: UnixSignalsSequence? = nil,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in },
        configuration source: ConfigurationReloader.Source? = nil
    ) async throws {
        let limits = configuration.limits
        let refusals = HeadRefusals(observers: responder.observers, clock: responder.clock)
        let listener = ListeningSocket()
        var application = Application(
            responder: responder,
            server: HTTPServerBuilder { [connections, unsentAnswers, drain] responder in
                HTTPConnections(
                    limits: limits, table: connections, unsent: unsentAnswers, refusals: refusals, drain: drain,
                    responder: responder)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: nil),
            onServerRunning: { channel in
                listener.opened(channel)
                if let port = channel.localAddress?.port { await onListening(port) }
            },
            logger: logger)
        application.logger = logger
        let draining = Draining(
            state: drain, time: configuration.drainTime, listener: listener, logger: logger)
        // Ends in reverse order: first clients move away, then the server finishes its requests, then the background work ends.
        var group = ServiceGroupConfiguration(
            services: (background + reloaders(source, reloads) + [application, draining]).map { service in
                // Without a name, it would be described with everything that it refers to: slow, and nothing for the log.
                .init(
                    service: service, successTerminationBehavior: .gracefullyShutdownGroup,
                    serviceName: "\(type(of: service))")
            },
            gracefulShutdownSignals: signals, logger: logger)
        let drainTime = configuration.drainTime
        group.maximumGracefulShutdownDuration =
            configuration.shutdownTime + (drainTime > .zero ? drainTime + Draining.reserve : .zero)
        // Beyond it ServiceLifecycle ends the process by a trap. That is right only for a process that signals control: what
        // else runs in another one must not end with it.
        group.maximumCancellationDuration = signals.isEmpty ? nil : .seconds(15)
        do {
            try await withMetricsFactory(metrics) {
                try await SpanRecorder.with(recorder) { try await ServiceGroup(configuration: group).run() }
            }
        } catch {
            await atEnd()
            throw error
        }
        await atEnd()
    }

    private static func writePosition(
        _ replicated: PostgresPool?
    ) -> (@Sendable () async -> WritePosition?)? {
        guard let replicated, replicated.hasReplicas else { return nil }
        return { await replicated.writePosition() }
    }

    /// Spans come first: the access log names the trace.
    private static func observers(
        _ configuration: ServiceConfiguration, _ recorder: SpanRecorder?
    ) -> [any RequestObserver] {
        var observers: [any RequestObserver] = []
        let addresses = configuration.clientAddresses
        if let recorder { observers.append(RequestTracing(recorder: recorder, addresses: addresses)) }
        let log = AccessLog(isEnabled: configuration.writesAccessLog)
        if let observer = AccessLogObserver(log, addresses: addresses) { observers.append(observer) }
        return observers
    }

    private func reloaders(
        _ source: ConfigurationReloader.Source?, _ signals: UnixSignalsSequence?
    ) -> [any Service] {
        source.map { [reloader($0, signals)] } ?? []
    }

    /// Reads the settings that can change again.
    package func reloader(
        _ source: @escaping ConfigurationReloader.Source, _ signals: UnixSignalsSequence? = nil
    ) -> ConfigurationReloader {
        ConfigurationReloader(reloadable, source: source, signals: signals, logger: logger)
    }

    /// Without free file descriptors no connection can be accepted, and the open ones would keep others out.
    private static func withinFileDescriptors(_ limits: RequestLimits, logger: Logger) -> RequestLimits {
        var limits = limits
        let files = FileDescriptors.raiseLimit()
        let connections = max(16, files - otherFiles)
        if connections < limits.maximumConnections {
            logger.warning(
                "The limit on open files allows fewer connections than HTTP_MAX_CONNECTIONS",
                metadata: ["openFiles": "\(files)", "connections": "\(connections)"])
            limits.maximumConnections = connections
        }
        return limits
    }

    /// The load of the server, read when it is called, also after the service has ended.
    package var load: @Sendable () -> HTTPLoad {
        { [connections, unsentAnswers] in
            HTTPLoad(connections: connections.count, unsentBytes: unsentAnswers.total)
        }
    }

    /// Number of open connections.
    package var openConnections: Int { connections.count }

    /// Bytes of responses that slow clients have not read yet.
    package var unsentAnswerBytes: Int { unsentAnswers.total }

    /// Files that the process needs in addition to client connections: databases, Redis, logs, outbound requests.
    private static let otherFiles = 256
}

/// What the clients of a server occupy.
package struct HTTPLoad: Sendable {
    /// Open connections.
    package let connections: Int
    /// Bytes of responses that clients have not read yet.
    package let unsentBytes: Int
}

/// The document contains the operation that serves it, so it is filled in after the operations are made. The service keeps the box, and
/// the operations refer to it weakly: otherwise the service would never be released.
private final class DocumentBox: Sendable {
    private let storage = Mutex<ByteBuffer?>(nil)
    private let make = Mutex<(@Sendable () -> ByteBuffer)?>(nil)

    func fill(_ make: @escaping @Sendable () -> ByteBuffer) { self.make.withLock { $0 = make } }

    /// Written on first use, so that it does not delay the start.
    var buffer: ByteBuffer {
        if let buffer = storage.withLock({ $0 }) { return buffer }
        let buffer = make.withLock { $0 }?() ?? ByteBuffer()
        storage.withLock { $0 = buffer }
        return buffer
    }
}
