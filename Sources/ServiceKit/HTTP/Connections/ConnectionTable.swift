import NIOCore
import Synchronization

/// The open connections, bounded in all and for each client network.
///
/// If a server stops accepting at its limit, a few clients that hold all connections lock everybody else out. Therefore it
/// always accepts: at a limit, a new connection replaces the one that has waited longest for a request, from its own
/// network at the limit of a network, otherwise from the network with the most connections. A connection whose request is
/// being processed is never closed; the new connection is refused if there are no others.
final class ConnectionTable: Sendable {
    private struct State {
        var next: UInt64 = 0
        var connections: [UInt64: OpenConnection] = [:]
        var byNetwork: [String: Set<UInt64>] = [:]

        mutating func remove(_ connection: OpenConnection) {
            guard connections.removeValue(forKey: connection.number) != nil, let network = connection.network else {
                return
            }
            byNetwork[network]?.remove(connection.number)
            if byNetwork[network]?.isEmpty == true { byNetwork[network] = nil }
        }

        /// The given connection that has waited longest for a request.
        func longestWaiting(_ numbers: some Sequence<UInt64>) -> OpenConnection? {
            var longest: OpenConnection?
            for number in numbers where number < longest?.number ?? .max {
                if let connection = connections[number], connection.isWaiting { longest = connection }
            }
            return longest
        }

        /// The waiting connection to close when the table is full.
        func dispensable() -> OpenConnection? {
            let largestFirst = byNetwork.values.sorted { $0.count > $1.count }
            for numbers in largestFirst { if let connection = longestWaiting(numbers) { return connection } }
            return longestWaiting(connections.keys)
        }
    }

    private let state = Mutex(State())
    private let limit: Int
    private let limitPerNetwork: Int
    private let uncounted: Set<ClientAddress>

    /// - Parameters:
    ///   - limit: Connections at once.
    ///   - limitPerNetwork: Connections at once from one network.
    ///   - uncounted: Addresses of trusted proxies, to which the second limit does not apply.
    init(limit: Int, limitPerNetwork: Int, uncounted: Set<ClientAddress> = []) {
        self.limit = limit
        self.limitPerNetwork = limitPerNetwork
        self.uncounted = uncounted
    }

    /// Adds a connection, and closes another one if necessary.
    /// - Returns: nil when the connection is refused; the caller closes the channel.
    func admit(_ channel: any Channel) -> OpenConnection? {
        let address = ClientAddress(channel.remoteAddress)
        let network = uncounted.contains(address) ? nil : address.network
        let (admitted, evicted) = state.withLock { state -> (OpenConnection?, OpenConnection?) in
            var evicted: OpenConnection?
            if let network, let own = state.byNetwork[network], own.count >= limitPerNetwork {
                evicted = state.longestWaiting(own)
                if evicted == nil { return (nil, nil) }
            } else if state.connections.count >= limit {
                evicted = state.dispensable()
                if evicted == nil { return (nil, nil) }
            }
            if let evicted { state.remove(evicted) }
            let connection = OpenConnection(channel: channel, network: network, number: state.next)
            state.next += 1
            state.connections[connection.number] = connection
            if let network { state.byNetwork[network, default: []].insert(connection.number) }
            return (connection, evicted)
        }
        evicted?.drop()
        return admitted
    }

    /// Removes a connection that was closed.
    func remove(_ connection: OpenConnection) { state.withLock { $0.remove(connection) } }

    /// Connections now.
    var count: Int { state.withLock { $0.connections.count } }
}
