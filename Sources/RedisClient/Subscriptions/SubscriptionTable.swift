/// Who listens to which channel, and which channels the server has confirmed. Pure state: methods return what has to be
/// sent to the server and to the listeners.
struct SubscriptionTable {
    typealias StreamID = UInt64

    /// What has to happen after a change.
    struct Effects: Equatable {
        var subscribe: [String] = []
        var unsubscribe: [String] = []
        /// Streams all of whose channels are confirmed now.
        var connected: [StreamID] = []
    }

    private struct Listener {
        let channels: Set<String>
        var isConnected = false
    }

    private enum Session {
        case none
        /// The greeting is under way: changes wait for its end.
        case greeting
        case ready
    }

    private var listeners: [StreamID: Listener] = [:]
    private var byChannel: [String: Set<StreamID>] = [:]
    private var session = Session.none
    /// Channels for which the last command sent on this connection is SUBSCRIBE.
    private var requested: Set<String> = []
    /// SUBSCRIBEs sent on this connection and not confirmed yet.
    private var outstanding: [String: Int] = [:]
    private var confirmed: Set<String> = []

    /// Streams that listen now.
    var streams: some Collection<StreamID> { listeners.keys }

    /// Streams to which a message of this channel goes.
    func listeners(to channel: String) -> Set<StreamID> { byChannel[channel] ?? [] }

    /// A new stream.
    mutating func add(_ stream: StreamID, channels: Set<String>) -> Effects {
        listeners[stream] = Listener(channels: channels)
        for channel in channels { byChannel[channel, default: []].insert(stream) }
        return reconcile()
    }

    /// A stream ended.
    mutating func remove(_ stream: StreamID) -> Effects {
        guard let listener = listeners.removeValue(forKey: stream) else { return Effects() }
        for channel in listener.channels {
            byChannel[channel]?.remove(stream)
            if byChannel[channel]?.isEmpty == true { byChannel[channel] = nil }
        }
        return reconcile()
    }

    /// A connection is being greeted. Returns the channels that its greeting subscribes to.
    mutating func beginSession() -> [String] {
        forgetSession()
        session = .greeting
        return request(byChannel.keys)
    }

    /// The greeting is done: what changed meanwhile is made up for.
    mutating func sessionReady() -> Effects {
        session = .ready
        return reconcile()
    }

    /// The connection ended. Returns the streams that had been connected.
    mutating func endSession() -> [StreamID] {
        forgetSession()
        let disconnected = listeners.filter { $0.value.isConnected }.map(\.key)
        for stream in disconnected { listeners[stream]?.isConnected = false }
        return disconnected.sorted()
    }

    /// The server confirmed a subscription. One that was ended and begun again meanwhile needs the later confirmation.
    mutating func confirm(_ channel: String) -> Effects {
        guard let count = outstanding[channel] else { return Effects() }
        outstanding[channel] = count > 1 ? count - 1 : nil
        guard count == 1, requested.contains(channel) else { return Effects() }
        confirmed.insert(channel)
        return Effects(connected: newlyConnected())
    }

    /// Brings the server's subscriptions to what the streams want.
    private mutating func reconcile() -> Effects {
        guard session == .ready else { return Effects() }
        var effects = Effects()
        effects.unsubscribe = requested.filter { byChannel[$0] == nil }.sorted()
        requested.subtract(effects.unsubscribe)
        confirmed.subtract(effects.unsubscribe)
        effects.subscribe = request(byChannel.keys.filter { !requested.contains($0) })
        effects.connected = newlyConnected()
        return effects
    }

    private mutating func forgetSession() {
        session = .none
        requested = []
        outstanding = [:]
        confirmed = []
    }

    private mutating func request(_ channels: some Sequence<String>) -> [String] {
        let channels = channels.sorted()
        requested.formUnion(channels)
        for channel in channels { outstanding[channel, default: 0] += 1 }
        return channels
    }

    private mutating func newlyConnected() -> [StreamID] {
        let streams = listeners.filter { !$0.value.isConnected && $0.value.channels.isSubset(of: confirmed) }.map(\.key)
        for stream in streams { listeners[stream]?.isConnected = true }
        return streams.sorted()
    }
}
