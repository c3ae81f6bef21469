import NIOCore
import Synchronization

/// Says where a connection goes, before each attempt.
protocol EndpointSource: Sendable {
    /// Whether the server must be a master, which each new connection asks it.
    var isMaster: Bool { get }

    /// The server to connect to. Called on the event loop, on which the result comes, too.
    func endpoint(on eventLoop: any EventLoop) -> EventLoopFuture<RedisConfiguration.Endpoint>

    /// An attempt to use it failed.
    func attemptFailed()

    /// A connection that is to be told when another server takes over.
    func add(_ link: RedisLink)
}

/// Always the same server.
struct FixedEndpoint: EndpointSource {
    let endpoint: RedisConfiguration.Endpoint

    var isMaster: Bool { false }

    func endpoint(on eventLoop: any EventLoop) -> EventLoopFuture<RedisConfiguration.Endpoint> {
        eventLoop.makeSucceededFuture(endpoint)
    }

    func attemptFailed() {}

    func add(_ link: RedisLink) {}
}

/// Any of several servers: the next one after each failure.
final class RotatingEndpoints: EndpointSource {
    private let endpoints: [RedisConfiguration.Endpoint]
    private let failures = Atomic<Int>(0)

    init(_ endpoints: [RedisConfiguration.Endpoint]) { self.endpoints = endpoints }

    var isMaster: Bool { false }

    func endpoint(on eventLoop: any EventLoop) -> EventLoopFuture<RedisConfiguration.Endpoint> {
        guard !endpoints.isEmpty else { return eventLoop.makeFailedFuture(RedisConnectionFailure.noSentinel) }
        let number = failures.load(ordering: .relaxed)
        return eventLoop.makeSucceededFuture(endpoints[Int(UInt(bitPattern: number) % UInt(endpoints.count))])
    }

    func attemptFailed() { failures.wrappingAdd(1, ordering: .relaxed) }

    func add(_ link: RedisLink) {}
}
