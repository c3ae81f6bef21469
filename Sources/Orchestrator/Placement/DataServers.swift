import Logging
import PostgresClient
import Synchronization

/// The data servers that are listed now, with a connection pool for each that was used.
final class DataServers: Sendable {
    /// A server, as work on it needs it.
    struct Open: Sendable {
        let server: DataServer
        /// In the shared database, as the provisioner's role.
        let pool: PostgresPool
        /// How many tenants' work is in progress.
        let gate: DataServerGate
    }

    private struct State {
        var servers: [DataServer]
        var pools: [String: PostgresPool] = [:]
        var gates: [String: DataServerGate] = [:]
        /// Why servers cannot be used although they are listed, or are missing although they have tenants.
        var problems: [String: String] = [:]
        var isRegistered = false
    }

    private let state: Mutex<State>
    private let logger: Logger
    /// The file; nil for the only server of the configuration.
    let file: DataServersFile?

    init(_ servers: [DataServer], file: DataServersFile? = nil, logger: Logger) {
        state = Mutex(State(servers: servers))
        self.file = file
        self.logger = logger
    }

    /// Those that are listed.
    var list: [DataServer] { state.withLock { $0.servers } }

    /// What is wrong with servers that have tenants.
    var problems: [String: String] { state.withLock { $0.problems } }

    /// Whether the list was compared with what is stored.
    var isRegistered: Bool { state.withLock { $0.isRegistered } }

    /// The server of a name, with its pool.
    func open(_ name: String) throws(PlacementFailure) -> Open {
        let open: Result<Open, PlacementFailure> = state.withLock { state in
            if let problem = state.problems[name] {
                return .failure(PlacementFailure(kind: .waiting, reason: problem))
            }
            guard let server = state.servers.first(where: { $0.name == name }) else {
                return .failure(.missing(name))
            }
            let pool = state.pools[name] ?? PostgresPool(configuration: server.configuration, logger: logger)
            state.pools[name] = pool
            let gate = state.gates[name] ?? DataServerGate()
            state.gates[name] = gate
            return .success(Open(server: server, pool: pool, gate: gate))
        }
        return try open.get()
    }

    /// The servers that were used, by name.
    var pools: [String: PostgresPool] { state.withLock { $0.pools } }

    /// Records what comparing the list with the stored servers has shown.
    func registered(problems: [String: String]) {
        state.withLock { state in
            state.problems = problems
            state.isRegistered = true
        }
    }

    /// Uses another list from now on. Connections to servers that are gone or have changed are closed.
    func replace(with servers: [DataServer]) async {
        let closed = state.withLock { state in
            var closed: [PostgresPool] = []
            for (name, pool) in state.pools {
                let old = state.servers.first { $0.name == name }
                let new = servers.first { $0.name == name }
                if let old, let new, old.connects(like: new) { continue }
                closed.append(pool)
                state.pools[name] = nil
            }
            state.servers = servers
            return closed
        }
        for pool in closed { await pool.shutdown() }
    }

    func shutdown() async {
        for pool in pools.values { await pool.shutdown() }
    }
}
