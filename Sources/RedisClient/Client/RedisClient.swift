package import Logging
package import NIOCore
import NIOPosix
import Synchronization
import TraceRecording

/// A Redis client: commands of all tasks share one connection (or a few), pipelined.
///
/// The connection is made with the first command or by `run()`, and made again whenever it ends. Without it,
/// commands fail at once with `RedisError.notConnected`; only those given before the outcome of the very first attempt
/// wait for it. Nothing is ever sent twice.
///
/// Give blocking commands (BLPOP, BZPOPMIN, XREAD BLOCK) a separate client with a longer `commandTimeout`: they
/// would delay all commands on a shared connection.
package final class RedisClient: Sendable {
    package let name: String
    /// How it connects.
    package let configuration: RedisConfiguration
    let logger: Logger
    let eventLoopGroup: any EventLoopGroup
    private let links: [RedisLink]
    /// Nil without sentinels.
    private let master: SentinelMaster?
    private let turn = Atomic<Int>(0)
    private let subscriptions: RedisSubscriptions
    /// Nil after shutdown.
    private let trackers = Mutex<[ObjectIdentifier: RedisTracker]?>([:])
    private let meter: RedisMeter?
    private let spanAttributes: [Attribute]
    private let (ended, end) = AsyncStream<Never>.makeStream()

    /// Makes a client; nothing is connected yet.
    /// - Parameter name: As metrics name it, `a-z` and `_`.
    package init(
        _ name: String = "other", configuration: RedisConfiguration, logger: Logger,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.configuration = configuration
        self.logger = logger
        self.eventLoopGroup = eventLoopGroup
        self.name = name
        spanAttributes = RedisSpan.attributes(configuration)
        let meter = RedisMeter(client: name)
        self.meter = meter
        let master = configuration.sentinels.map { sentinels in
            SentinelMaster(
                sentinels, configuration: configuration, eventLoop: eventLoopGroup.next(), logger: logger)
        }
        self.master = master
        links = (0..<max(1, configuration.connections)).map { _ in
            RedisLink(
                configuration: configuration, endpoints: master, eventLoop: eventLoopGroup.next(), logger: logger,
                observer: { event in if case .connected = event { meter?.connected() } })
        }
        subscriptions = RedisSubscriptions(
            configuration: configuration, endpoints: master, eventLoopGroup: eventLoopGroup, logger: logger)
    }

    deinit {
        end.finish()
        for tracker in takeTrackers() { tracker.end() }
        for link in links { _ = link.close() }
    }

    // MARK: Life

    /// True while at least one shared connection is usable.
    package var isConnected: Bool { links.contains { $0.isReady } }

    /// Connects, and returns after `shutdown()`, or, having shut down, when the task is canceled. Call it once.
    package func run() async {
        for link in links { link.start() }
        for await _ in ended {}
        await shutdown()
    }

    /// Refuses new commands, waits for the replies to those accepted (at most the command timeout), ends all streams
    /// and closes all connections. May be called again.
    package func shutdown() async {
        end.finish()
        await subscriptions.shutdown()
        for tracker in takeTrackers() { try? await tracker.end().get() }
        for link in links { try? await link.close().get() }
        await master?.shutdown()
    }

    // MARK: Commands

    /// Sends any command that leaves the connection as it is.
    ///
    /// - Throws: `.server` when the reply is an error. See `RedisError` for the rest.
    package func send(_ arguments: [RedisArgument]) async throws(RedisError) -> RedisValue {
        try CommandRules.check(arguments, inPipeline: false)
        return try await perform { $0.writeCommand(arguments) }
    }

    /// Sends commands back to back on one connection and waits for all replies: one round trip. No other command
    /// comes between them, so they may contain MULTI … EXEC; without it they are not a transaction.
    ///
    /// - Returns: one result a command, in order.
    /// - Throws: when the replies as a whole are not available. Then some of the commands may have been carried out.
    package func pipeline(
        _ commands: [[RedisArgument]]
    ) async throws(RedisError) -> [Result<RedisValue, RedisError>] {
        for command in commands { try CommandRules.check(command, inPipeline: true) }
        guard !commands.isEmpty else { return [] }
        let start = meter.map { _ in ContinuousClock.now }
        let span = RedisSpan.isWanted ? RedisSpan("PIPELINE", batch: commands.count, on: spanAttributes) : nil
        let outcome = await link.perform(.replies(commands.count)) { buffer in
            for command in commands { buffer.writeCommand(command) }
        }
        span?.ended(outcome)
        if let start { meter?.performed(since: start, outcome) }
        switch outcome {
        case .values(let results): return results
        case .value: throw .unexpectedReply
        case .failure(let error): throw error
        }
    }

    /// Sends one command that `encode` writes, and that is known to be harmless.
    func perform(_ encode: (inout ByteBuffer) -> Void) async throws(RedisError) -> RedisValue {
        let start = meter.map { _ in ContinuousClock.now }
        let outcome = RedisSpan.isWanted ? await traced(encode) : await link.perform(encode: encode)
        if let start { meter?.performed(since: start, outcome) }
        switch outcome {
        case .value(let value): return value
        case .values: throw .unexpectedReply
        case .failure(let error): throw error
        }
    }

    /// The same with a span, whose name is that of the command.
    private func traced(_ encode: (inout ByteBuffer) -> Void) async -> RedisOutcome {
        var written = ByteBuffer()
        encode(&written)
        let command = written
        let span = RedisSpan(RedisSpan.name(of: command), on: spanAttributes)
        let outcome = await link.perform { $0.writeImmutableBuffer(command) }
        span?.ended(outcome)
        return outcome
    }

    /// The connection whose turn it is, or the next one that works.
    private var link: RedisLink {
        guard links.count > 1 else { return links[0] }
        let first = turn.wrappingAdd(1, ordering: .relaxed).newValue
        for offset in 0..<links.count {
            let candidate = links[Int(UInt(bitPattern: first &+ offset) % UInt(links.count))]
            if candidate.isReady { return candidate }
        }
        return links[Int(UInt(bitPattern: first) % UInt(links.count))]
    }

    // MARK: Streams

    /// Messages of these channels, from a connection shared by all subscriptions of this client. Subscribed again
    /// after every reconnect. Ends with `shutdown()`, or when the server refuses the subscription; dropping the stream
    /// unsubscribes.
    package func subscribe(channels: [String]) -> AsyncStream<RedisMessage> {
        subscriptions.subscribe(channels: channels)
    }

    /// Keys that changed among those with these prefixes (all keys when empty), for a cache in this process. Uses a
    /// separate connection; no prefix may begin with another.
    ///
    /// Until `.connected`, and from `.disconnected` on, changes go unseen: empty the cache and do not use it. A value
    /// that was read before its invalidation came but is stored after it must be dropped, too.
    package func invalidations(prefixes: [String]) -> AsyncStream<RedisInvalidation> {
        let tracker = RedisTracker(
            prefixes: prefixes, configuration: configuration, endpoints: master, eventLoop: eventLoopGroup.next(),
            logger: logger)
        let identifier = ObjectIdentifier(tracker)
        let isShutDown = trackers.withLock { trackers in
            _ = trackers?.updateValue(tracker, forKey: identifier)
            return trackers == nil
        }
        guard !isShutDown else {
            tracker.end()
            // Ended already: the tracker ends on its event loop, perhaps after it has begun.
            return AsyncStream { $0.finish() }
        }
        return tracker.stream { [weak self] in
            self?.trackers.withLock { _ = $0?.removeValue(forKey: identifier) }
        }
    }

    private func takeTrackers() -> [RedisTracker] {
        trackers.withLock { trackers in
            defer { trackers = nil }
            return trackers.map { Array($0.values) } ?? []
        }
    }
}
