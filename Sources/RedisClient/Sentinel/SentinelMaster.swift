import ConfigurationChecks
import Logging
import NIOCore
import Synchronization

/// The master that sentinels watch (https://redis.io/docs/latest/develop/reference/sentinel-clients/).
///
/// Each attempt to connect asks the sentinels anew, one after the other, and the server must say itself that it is a master. One
/// connection listens to a sentinel: when another server takes over, all connections move there at once.
final class SentinelMaster: EndpointSource {
    private struct Follower {
        weak var link: RedisLink?
    }

    private struct State {
        var order: SentinelOrder
        var followers: [Follower] = []
        var monitor: RedisLink?
        var isShutDown = false
    }

    private let configuration: RedisConfiguration
    private let sentinels: RedisSentinels
    private let eventLoop: any EventLoop
    private let logger: Logger
    /// For single questions: who asks says what came of it.
    private let quietLogger: Logger
    private let state: Mutex<State>

    init(_ sentinels: RedisSentinels, configuration: RedisConfiguration, eventLoop: any EventLoop, logger: Logger) {
        self.configuration = configuration
        self.sentinels = sentinels
        self.eventLoop = eventLoop
        self.logger = logger
        var quiet = logger
        quiet.logLevel = .critical
        quietLogger = quiet
        state = Mutex(State(order: SentinelOrder(count: sentinels.addresses.count)))
    }

    deinit { _ = state.withLock { $0.monitor.take() }?.close() }

    /// Stops listening.
    func shutdown() async {
        let monitor = state.withLock { state in
            state.isShutDown = true
            return state.monitor.take()
        }
        try? await monitor?.close().get()
    }

    // MARK: For connections

    var isMaster: Bool { true }

    func add(_ link: RedisLink) {
        state.withLock { state in
            state.followers.removeAll { $0.link == nil }
            state.followers.append(Follower(link: link))
        }
    }

    func endpoint(on eventLoop: any EventLoop) -> EventLoopFuture<RedisConfiguration.Endpoint> {
        startMonitor()
        return ask(state.withLock { $0.order.indices }[...], on: eventLoop)
    }

    func attemptFailed() { state.withLock { $0.order.distrustFirst() } }

    // MARK: Asking

    private func ask(
        _ indices: ArraySlice<Int>, on eventLoop: any EventLoop
    ) -> EventLoopFuture<RedisConfiguration.Endpoint> {
        guard let index = indices.first else {
            return eventLoop.makeFailedFuture(RedisConnectionFailure.noSentinel)
        }
        let others = indices.dropFirst()
        return askOne(index, on: eventLoop).flatMap { found in
            guard let found else { return self.ask(others, on: eventLoop) }
            self.state.withLock { $0.order.prefer(index) }
            return eventLoop.makeSucceededFuture(found)
        }
    }

    private func askOne(_ index: Int, on eventLoop: any EventLoop) -> EventLoopFuture<RedisConfiguration.Endpoint?> {
        let promise = eventLoop.makePromise(of: RedisConfiguration.Endpoint?.self)
        let link = RedisLink(
            configuration: sentinels.connection(to: sentinels.addresses[index], like: configuration),
            eventLoop: eventLoop, logger: quietLogger)
        link.post(.reply, ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", .text(sentinels.master)]) { outcome in
            if case .value(let reply) = outcome {
                promise.succeed(SentinelAnswer.endpoint(reply))
            } else {
                promise.succeed(nil)
            }
            _ = link.close()
        }
        return promise.futureResult
    }

    // MARK: Listening

    private func startMonitor() {
        let started = state.withLock { state -> RedisLink? in
            guard state.monitor == nil, !state.isShutDown, let first = sentinels.addresses.first else { return nil }
            let link = RedisLink(
                configuration: sentinels.connection(to: first, like: configuration),
                endpoints: RotatingEndpoints(sentinels.addresses.map { .host($0.host, port: $0.port) }),
                eventLoop: eventLoop, logger: logger, peer: "Redis Sentinel",
                setup: {
                    [SetupCommand(arguments: ["SUBSCRIBE", .text(SentinelAnswer.channel)], confirmations: 1)]
                },
                observer: { [weak self] in self?.receive($0) })
            state.monitor = link
            return link
        }
        started?.start()
    }

    private func receive(_ event: RedisLink.Event) {
        switch event {
        case .push(let message):
            guard let master = SentinelAnswer.switchedMaster(message, name: sentinels.master) else { return }
            move(to: master)
        case .connected:
            // A switch may have been missed while nobody listened.
            endpoint(on: eventLoop).whenSuccess { [weak self] in self?.move(to: $0) }
        case .disconnected: break
        }
    }

    private func move(to master: RedisConfiguration.Endpoint) {
        let links = state.withLock { $0.followers.compactMap(\.link) }
        for link in links { link.move(to: master) }
    }
}
