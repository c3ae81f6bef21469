package import Logging
package import PostgresClient

/// A service's connections to its database.
///
/// Background work and the readiness check have separate connections. However busy the connections for requests are,
/// events are published, caches stay usable, and the check tests the database, not the queue in front of it.
package struct ServiceDatabase: Sendable {
    /// For requests, and for background work that may wait as long as they do.
    package let pool: PostgresPool
    /// For the outbox relay.
    package let relayPool: PostgresPool
    /// For ``RowChangeFollower``.
    package let changesPool: PostgresPool
    /// How to reach the database, also for connections outside of the pools.
    package let configuration: PostgresConfiguration
    /// Answer some of what requests read; nil without replicas.
    package let replicas: ReadReplicas?
    private let checkPool: PostgresPool

    /// Nothing is connected before it is used.
    package init(configuration: PostgresConfiguration, replicas: ReplicaConfiguration? = nil, logger: Logger) {
        self.configuration = configuration
        self.replicas = replicas.map { ReadReplicas($0, primary: configuration, logger: logger) }
        pool = PostgresPool("requests", configuration: configuration, replicas: self.replicas, logger: logger)
        relayPool = PostgresPool(
            "outbox", configuration: configuration.limited(to: 2, for: "outbox"), logger: logger)
        var changes = configuration.limited(to: 1, for: "changes")
        // A late reading is useless.
        changes.statementTimeout = .seconds(2)
        changesPool = PostgresPool("changes", configuration: changes, logger: logger)
        checkPool = PostgresPool(
            "health", configuration: configuration.limited(to: 1, for: "health"), logger: logger)
    }

    /// Whether the database responds, and whether it has room for changes. While requests cannot reach it, the check uses
    /// their pool, so that the service does not become ready before it can serve requests again.
    /// - Parameter statement: Any statement that the service's role may run.
    package func check(_ statement: PostgresStatement = "SELECT 1") -> HealthCheck {
        HealthCheck(
            "postgres", isRequired: true,
            advice: "Check that PostgreSQL runs and has room on its disk, and the DB_ variables."
        ) { [pool, relayPool, checkPool] () -> HealthState in
            let asked = pool.isUnreachable ? pool : checkPool
            guard (try? await asked.query(statement, as: .read)) != nil else { return .down }
            return pool.isDiskFull || relayPool.isDiskFull ? .impaired("disk full") : .up
        }
    }

    /// All connections, for metrics.
    package var pools: [PostgresPool] { [pool, relayPool, changesPool, checkPool] + (replicas?.pools ?? []) }

    /// Closes all connections, after everything else has ended.
    package func shutdown() async {
        await checkPool.shutdown()
        await changesPool.shutdown()
        await relayPool.shutdown()
        await pool.shutdown()
        await replicas?.shutdown()
    }
}

extension PostgresConfiguration {
    /// The same with fewer connections, which have their own name in `pg_stat_activity`.
    fileprivate func limited(to connections: Int, for purpose: String) -> PostgresConfiguration {
        var configuration = self
        configuration.maximumConnections = connections
        configuration.applicationName += " \(purpose)"
        return configuration
    }
}
