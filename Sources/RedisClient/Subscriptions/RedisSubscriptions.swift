import Logging
import NIOCore
import Synchronization

/// What a subscription delivers.
package enum RedisMessage: Sendable, Hashable {
    /// All channels of the stream are subscribed from here on. After the first time it means that messages may have
    /// been missed before: the connection was replaced, or the consumer was too slow and messages were dropped.
    case connected
    /// Nothing is received until the next `.connected`.
    case disconnected
    /// A published message.
    case message(channel: String, payload: [UInt8])
}

/// All subscriptions of a client, on one separate connection, made with the first of them.
final class RedisSubscriptions: Sendable {
    private struct State: Sendable {
        var table = SubscriptionTable()
        var mailboxes: [SubscriptionTable.StreamID: Mailbox<RedisMessage>] = [:]
        var lastStream: SubscriptionTable.StreamID = 0
        var link: RedisLink?
        var isShutDown = false
    }

    private let state = Mutex(State())
    private let configuration: RedisConfiguration
    private let endpoints: (any EndpointSource)?
    private let eventLoopGroup: any EventLoopGroup
    private let logger: Logger

    init(
        configuration: RedisConfiguration, endpoints: (any EndpointSource)?, eventLoopGroup: any EventLoopGroup,
        logger: Logger
    ) {
        self.configuration = configuration
        self.endpoints = endpoints
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
    }

    deinit {
        let (link, mailboxes) = state.withLock { ($0.link.take(), Array($0.mailboxes.values)) }
        for mailbox in mailboxes { mailbox.finish() }
        _ = link?.close()
    }

    func subscribe(channels: [String]) -> AsyncStream<RedisMessage> {
        // A full mailbox is emptied; `.connected` then makes the consumer catch up.
        let mailbox = Mailbox<RedisMessage> { $0.last == .disconnected ? [.disconnected] : [.connected] }
        let stream = state.withLock { state -> SubscriptionTable.StreamID? in
            guard !state.isShutDown, !channels.isEmpty else { return nil }
            state.lastStream += 1
            state.mailboxes[state.lastStream] = mailbox
            let link = link(&state)
            apply(state.table.add(state.lastStream, channels: Set(channels)), link, &state)
            link.start()
            return state.lastStream
        }
        guard let stream else {
            mailbox.finish()
            return mailbox.stream {}
        }
        return mailbox.stream { [weak self] in self?.end(stream) }
    }

    func shutdown() async {
        let (link, mailboxes) = state.withLock { state in
            state.isShutDown = true
            defer { state.mailboxes = [:] }
            return (state.link.take(), Array(state.mailboxes.values))
        }
        for mailbox in mailboxes { mailbox.finish() }
        try? await link?.close().get()
    }

    private func link(_ state: inout State) -> RedisLink {
        if let link = state.link { return link }
        let link = RedisLink(
            configuration: configuration, endpoints: endpoints, eventLoop: eventLoopGroup.next(), logger: logger,
            setup: { [weak self] in self?.beginSession() ?? [] },
            observer: { [weak self] in self?.receive($0) })
        state.link = link
        return link
    }

    // MARK: Changes. Commands take their place under the lock, so the server sees them in the table's order.

    private func apply(_ effects: SubscriptionTable.Effects, _ link: RedisLink?, _ state: inout State) {
        send("SUBSCRIBE", effects.subscribe, link)
        send("UNSUBSCRIBE", effects.unsubscribe, link)
        for stream in effects.connected { state.mailboxes[stream]?.post(.connected) }
    }

    private func send(_ command: RedisArgument, _ channels: [String], _ link: RedisLink?) {
        guard let link, !channels.isEmpty else { return }
        link.post(.confirmations(channels.count), [command] + channels.map { .text($0) }) { [weak self] outcome in
            guard case .failure(.server(let error)) = outcome else { return }
            self?.refuse(channels, error)
        }
    }

    private func end(_ stream: SubscriptionTable.StreamID) {
        state.withLock { state in
            guard state.mailboxes.removeValue(forKey: stream) != nil else { return }
            apply(state.table.remove(stream), state.link, &state)
        }
    }

    private func refuse(_ channels: [String], _ error: RedisServerError) {
        logger.warning("Redis refused a subscription", metadata: ["code": "\(error.code)"])
        state.withLock { state in
            for stream in Set(channels.flatMap { state.table.listeners(to: $0) }) {
                state.mailboxes.removeValue(forKey: stream)?.finish()
                apply(state.table.remove(stream), state.link, &state)
            }
        }
    }

    // MARK: The connection, on its event loop

    private func beginSession() -> [SetupCommand] {
        let channels = state.withLock { $0.table.beginSession() }
        guard !channels.isEmpty else { return [] }
        return [
            SetupCommand(
                arguments: ["SUBSCRIBE"] + channels.map { .text($0) }, confirmations: channels.count)
        ]
    }

    private func receive(_ event: RedisLink.Event) {
        state.withLock { state in
            switch event {
            case .connected:
                apply(state.table.sessionReady(), state.link, &state)
            case .disconnected:
                for stream in state.table.endSession() { state.mailboxes[stream]?.post(.disconnected) }
            case .push(let values):
                guard values.count >= 3, let kind = values[0].text, let channel = values[1].text else { return }
                switch kind {
                case "subscribe":
                    apply(state.table.confirm(channel), state.link, &state)
                case "message":
                    guard let payload = values[2].bytes else { return }
                    for stream in state.table.listeners(to: channel) {
                        state.mailboxes[stream]?.post(.message(channel: channel, payload: payload))
                    }
                default: break
                }
            }
        }
    }
}
