import NIOCore
import Synchronization

/// The open connections, bounded in all and for each client network.
///
/// A server that stops accepting at its bound lets whoever holds the connections keep everybody else out. So accepting
/// goes on: at a bound, a new connection takes the place of the one that has waited longest for a request, of its own
/// network at the bound of a network, else of the network with the most connections. Connections whose request is being
/// answered are never given up; only when there are no others is the new one refused.
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

        /// The connection among some that has waited longest.
        func longestWaiting(_ numbers: some Sequence<UInt64>) -> OpenConnection? {
            var longest: OpenConnection?
            for number in numbers where number < longest?.number ?? .max {
                if let connection = connections[number], connection.isWaiting { longest = connection }
            }
            return longest
        }

        /// The waiting connection that the whole table misses least.
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
    ///   - uncounted: Addresses of trusted proxies, which the second bound does not concern.
    init(limit: Int, limitPerNetwork: Int, uncounted: Set<ClientAddress> = []) {
        self.limit = limit
        self.limitPerNetwork = limitPerNetwork
        self.uncounted = uncounted
    }

    /// Takes a connection in, if need be in place of another one, which is closed.
    /// - Returns: nil when there is no place; the caller closes the channel.
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

    /// Forgets a connection that was closed.
    func remove(_ connection: OpenConnection) { state.withLock { $0.remove(connection) } }

    /// Connections now.
    var count: Int { state.withLock { $0.connections.count } }
}
