import ConfigurationChecks
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// One connection that is kept alive: made when first needed, made again with back-off whenever it ends, until closed.
///
/// Tasks talk to the queue; everything else happens on the event loop.
final class RedisLink: Sendable {
    /// What happens to the connection, in order, on the event loop.
    enum Event: Sendable {
        /// Greeted, and the setup commands are confirmed.
        case connected
        /// A connection that had been announced ended.
        case disconnected
        case push([RedisValue])
    }

    private struct LoopState {
        var backoff: ReconnectBackoff
        var retry: Scheduled<Void>?
        /// Kept because reading the authorities takes milliseconds; read anew after TLS has failed.
        var tls: NIOSSLContext?
        var connectedAt: NIODeadline?
        var failures = 0
        /// How to speak with the server of the latest attempt.
        var target: RedisConfiguration
        /// Another server has taken over: no pause before the next attempt.
        var isMoving = false
    }

    let eventLoop: any EventLoop
    private let queue: CommandQueue
    private let configuration: RedisConfiguration
    private let endpoints: any EndpointSource
    private let logger: Logger
    /// What log lines call the other end.
    private let peer: String
    private let setup: @Sendable () -> [SetupCommand]
    private let observer: @Sendable (Event) -> Void
    private let handler: NIOLoopBoundBox<RedisChannelHandler?>
    private let loopState: NIOLoopBoundBox<LoopState>
    private let ready = Atomic(false)
    private let lastTicket = Atomic<UInt64>(0)
    private let closed: EventLoopPromise<Void>

    /// - Parameter endpoints: Where to connect; nil: what the configuration says.
    init(
        configuration: RedisConfiguration, endpoints: (any EndpointSource)? = nil, eventLoop: any EventLoop,
        logger: Logger, peer: String = "Redis",
        setup: @escaping @Sendable () -> [SetupCommand] = { [] },
        observer: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.endpoints = endpoints ?? FixedEndpoint(endpoint: configuration.endpoint)
        self.peer = peer
        self.eventLoop = eventLoop
        self.logger = logger
        self.setup = setup
        self.observer = observer
        self.queue = CommandQueue(
            maximumWaiting: configuration.maximumWaitingCommands,
            maximumBufferedBytes: configuration.maximumBufferedBytes)
        self.handler = .makeEmptyBox(eventLoop: eventLoop)
        self.loopState = .makeBoxSendingValue(
            LoopState(
                backoff: ReconnectBackoff(maximum: TimeAmount(configuration.maximumReconnectDelay)),
                target: configuration),
            eventLoop: eventLoop)
        self.closed = eventLoop.makePromise()
        self.endpoints.add(self)
    }

    /// True while commands flow.
    var isReady: Bool { ready.load(ordering: .relaxed) }

    // MARK: Commands

    /// Sends one command, or several as one, and waits for the outcome.
    func perform(
        _ expectation: CommandQueue.Pipeline.Expectation = .reply, encode: (inout ByteBuffer) -> Void
    ) async -> RedisOutcome {
        if Task.isCancelled { return .failure(.cancelled) }
        let ticket = lastTicket.wrappingAdd(1, ordering: .relaxed).newValue
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enqueue(expectation, waiter: .task(continuation), ticket: ticket, encode: encode)
                // Canceled after the check above and before the command had its place: nothing else would notice.
                if Task.isCancelled { queue.cancel(ticket: ticket) }
            }
        } onCancel: {
            queue.cancel(ticket: ticket)
        }
    }

    /// Sends a command without waiting: it has its place in the order when this returns.
    func post(
        _ expectation: CommandQueue.Pipeline.Expectation, _ arguments: [RedisArgument],
        callback: @escaping @Sendable (RedisOutcome) -> Void
    ) {
        enqueue(expectation, waiter: .callback(callback), ticket: 0) { $0.writeCommand(arguments) }
    }

    private func enqueue(
        _ expectation: CommandQueue.Pipeline.Expectation, waiter: CommandQueue.Waiter?, ticket: UInt64,
        encode: (inout ByteBuffer) -> Void
    ) {
        let deadline = NIODeadline.now() + TimeAmount(configuration.commandTimeout)
        let action = queue.withPipeline {
            $0.enqueue(expectation, waiter: waiter, ticket: ticket, deadline: deadline, encode: encode)
        }
        switch action {
        case .wait: break
        case .scheduleFlush: eventLoop.execute { self.handler.value?.flush() }
        case .connect: eventLoop.execute { self.connect() }
        case .reject(let waiter, let error): waiter.resume(returning: .failure(error))
        }
    }

    // MARK: Life

    /// Connects now instead of with the first command.
    func start() {
        guard queue.withPipeline({ $0.beginConnecting() }) else { return }
        eventLoop.execute { self.connect() }
    }

    /// Refuses new commands, answers those accepted (for at most the command timeout), and closes the connection.
    func close() -> EventLoopFuture<Void> {
        eventLoop.execute {
            let canEnd = self.queue.withPipeline { $0.drain() }
            self.loopState.value.retry?.cancel()
            self.loopState.value.retry = nil
            if canEnd { self.end() }
        }
        return closed.futureResult
    }

    private func end() {
        if let handler = handler.value {
            handler.end(.closedByServer)
        } else {
            finish(.closedByServer)
        }
    }

    /// Another server has taken over: goes there, unless it is there already.
    func move(to endpoint: RedisConfiguration.Endpoint) {
        eventLoop.execute {
            if let handler = self.handler.value {
                guard self.loopState.value.target.endpoint != endpoint else { return }
                self.loopState.value.isMoving = true
                handler.end(.masterMoved)
            } else if let retry = self.loopState.value.retry {
                retry.cancel()
                self.loopState.value.retry = nil
                self.loopState.value.backoff.reset()
                self.connect()
            }
        }
    }

    private func connect() {
        guard !queue.withPipeline({ $0.isEnding }) else { return finish(.closedByServer) }
        endpoints.endpoint(on: eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .failure(let error): self.finish(RedisConnectionFailure(error))
            case .success(let endpoint): self.connect(to: endpoint)
            }
        }
    }

    private func connect(to endpoint: RedisConfiguration.Endpoint) {
        guard !queue.withPipeline({ $0.isEnding }) else { return finish(.closedByServer) }
        loopState.value.target = configuration.with(endpoint: endpoint)
        let deadline = NIODeadline.now() + TimeAmount(configuration.connectTimeout)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.socketOption(.so_keepalive), value: 1)
        let connected =
            switch endpoint {
            case .host(let host, let port): bootstrap.connect(host: host, port: port)
            case .socket(let path): bootstrap.connect(unixDomainSocketPath: path)
            }
        connected.assumeIsolated().whenComplete { result in
            switch result {
            case .failure(let error): self.finish(RedisConnectionFailure(error))
            case .success(let channel): self.adopt(channel, deadline: deadline)
            }
        }
    }

    private func adopt(_ channel: any Channel, deadline: NIODeadline) {
        let handler = RedisChannelHandler(
            queue: queue,
            handshake: Handshake(
                credentials: configuration.credentials, clientName: configuration.clientName,
                database: configuration.database, setup: setup(), mustBeMaster: endpoints.isMaster),
            settings: .init(
                limits: configuration.limits, handshakeDeadline: deadline,
                commandTimeout: TimeAmount(configuration.commandTimeout),
                keepAliveInterval: TimeAmount(configuration.keepAliveInterval), tls: configuration.tls?.variables,
                mustBeMaster: endpoints.isMaster),
            events: .init(
                ready: { self.becameReady() }, push: { self.observer(.push($0)) }, ended: { self.finish($0) }))
        do {
            if let tls = try tlsContext() {
                try channel.pipeline.syncOperations.addHandler(
                    NIOSSLClientHandler(context: tls, serverHostname: loopState.value.target.tlsServerName))
            }
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            channel.close(promise: nil)
            return finish(RedisConnectionFailure(error))
        }
        self.handler.value = handler
        guard channel.isActive, !queue.withPipeline({ $0.isEnding }) else { return handler.end(.closedByServer) }
        handler.start()
    }

    private func tlsContext() throws(RedisConnectionFailure) -> NIOSSLContext? {
        if let context = loopState.value.tls { return context }
        guard let tls = configuration.tls else { return nil }
        do {
            loopState.value.tls = try tls.context()
        } catch {
            throw .tls(TLSFault(.files, tls.variables))
        }
        return loopState.value.tls
    }

    private func becameReady() {
        loopState.value.connectedAt = .now()
        loopState.value.failures = 0
        ready.store(true, ordering: .relaxed)
        logger.info("\(peer) is connected", metadata: loopState.value.target.logMetadata)
        observer(.connected)
    }

    /// An attempt failed or a connection ended: its commands fail, and the next attempt is scheduled.
    private func finish(_ failure: RedisConnectionFailure) {
        let connectedAt = loopState.value.connectedAt
        ready.store(false, ordering: .relaxed)
        loopState.value.connectedAt = nil
        if case .tls = failure { loopState.value.tls = nil }
        handler.value = nil
        let (completions, isEnding) = queue.withPipeline { pipeline in
            (pipeline.fail(failure, now: .now()), pipeline.isEnding)
        }
        completions.resume()
        if connectedAt != nil { observer(.disconnected) } else { endpoints.attemptFailed() }
        guard !isEnding else { return closed.succeed() }
        report(failure, wasConnected: connectedAt != nil)
        // A server that greets and hangs up at once is not back: only a connection that lasted ends the back-off.
        if let connectedAt, NIODeadline.now() - connectedAt >= .seconds(1) { loopState.value.backoff.reset() }
        var generator = SystemRandomNumberGenerator()
        if loopState.value.isMoving { loopState.value.backoff.reset() }
        let delay = loopState.value.isMoving ? .zero : loopState.value.backoff.next(using: &generator)
        loopState.value.isMoving = false
        loopState.value.retry = eventLoop.assumeIsolated().scheduleTask(in: delay) {
            self.loopState.value.retry = nil
            self.connect()
        }
    }

    /// One line an outage, not one an attempt.
    private func report(_ failure: RedisConnectionFailure, wasConnected: Bool) {
        loopState.value.failures += 1
        var metadata = loopState.value.target.logMetadata
        metadata["reason"] = "\(failure)"
        let level: Logger.Level = wasConnected || loopState.value.failures == 1 ? .warning : .debug
        logger.log(level: level, "\(peer) is not connected", metadata: metadata)
    }
}
