import PostgresClient
import Synchronization
import TestSupport

/// Connections as superuser that stay open between the statements of a test: a new one for each costs more than most
/// statements, and tests that wait for a row look forty times a second.
final class KeptPools: Sendable {
    static let shared = KeptPools()

    private struct Key: Hashable {
        let server: PostgresTestServer
        let database: String
    }

    private let pools = Mutex<[Key: PostgresPool]>([:])

    /// The pool of a database; nil on a server that a test has for itself, which it may stop.
    func pool(_ database: String, on server: PostgresTestServer) -> PostgresPool? {
        guard server == (try? .current()) else { return nil }
        return pools.withLock { pools in
            let key = Key(server: server, database: database)
            if let pool = pools[key] { return pool }
            let pool = PostgresPool(
                configuration: server.configuration(database: database, connections: 8), logger: testLogger)
            pools[key] = pool
            return pool
        }
    }

    /// Closes the connections to a database; the next statement opens new ones.
    func close(_ database: String, on server: PostgresTestServer) async {
        let pool = pools.withLock { $0.removeValue(forKey: Key(server: server, database: database)) }
        await pool?.shutdown(patience: .zero)
    }
}
