import Logging
import NIOCore

/// What a cache of Redis values in this process must know.
package enum RedisInvalidation: Sendable, Hashable {
    /// Changes are seen from here on. Whatever was cached before may be stale.
    case connected
    /// Changes go unseen until the next `.connected`.
    case disconnected
    /// These keys changed, expired or were evicted.
    case keys([String])
    /// Anything may have changed: the database was flushed, or the consumer was too slow and keys were dropped.
    case all
}

/// One connection with CLIENT TRACKING in broadcasting mode (https://redis.io/docs/latest/develop/reference/client-side-caching/).
final class RedisTracker: Sendable {
    private let link: RedisLink
    private let mailbox: Mailbox<RedisInvalidation>

    init(
        prefixes: [String], configuration: RedisConfiguration, endpoints: (any EndpointSource)?,
        eventLoop: any EventLoop, logger: Logger
    ) {
        let mailbox = Mailbox<RedisInvalidation>(collapse: Self.collapse)
        self.mailbox = mailbox
        let command: [RedisArgument] =
            ["CLIENT", "TRACKING", "ON", "BCAST"] + prefixes.flatMap { ["PREFIX", .text($0)] }
        link = RedisLink(
            configuration: configuration, endpoints: endpoints, eventLoop: eventLoop, logger: logger,
            setup: { [SetupCommand(arguments: command, confirmations: nil)] },
            observer: { event in
                if let invalidation = RedisInvalidation(event) { mailbox.post(invalidation) }
            })
        link.start()
    }

    func stream(onTermination: @escaping @Sendable () -> Void) -> AsyncStream<RedisInvalidation> {
        mailbox.stream { [link] in
            _ = link.close()
            onTermination()
        }
    }

    /// Ends the stream and closes the connection.
    @discardableResult
    func end() -> EventLoopFuture<Void> {
        mailbox.finish()
        return link.close()
    }

    /// What a slow consumer has missed is reduced to the state of the connection, and that anything may have changed.
    static func collapse(_ missed: some BidirectionalCollection<RedisInvalidation>) -> [RedisInvalidation] {
        guard let state = missed.last(where: { $0 == .connected || $0 == .disconnected }) else { return [.all] }
        return [state, .all]
    }
}

extension RedisInvalidation {
    init?(_ event: RedisLink.Event) {
        switch event {
        case .connected: self = .connected
        case .disconnected: self = .disconnected
        case .push(let values):
            guard values.count == 2, values[0].text == "invalidate" else { return nil }
            if case .array(let keys) = values[1] {
                self = .keys(keys.compactMap(\.text))
            } else {
                self = .all
            }
        }
    }
}
