package import Logging
package import PostgresClient

/// A service's connections to its database.
///
/// Background work and the readiness check have separate connections: however busy requests keep theirs, events leave,
/// caches stay usable, and the check answers for the database, not for the queue in front of it.
package struct ServiceDatabase: Sendable {
    /// For requests, and for work that may wait like them.
    package let pool: PostgresPool
    /// For the outbox relay.
    package let relayPool: PostgresPool
    /// For ``RowChangeFollower``.
    package let changesPool: PostgresPool
    /// How to reach the database, also for connections outside of the pools.
    package let configuration: PostgresConfiguration
    private let checkPool: PostgresPool

    /// Nothing is connected before it is used.
    package init(configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        pool = PostgresPool(configuration: configuration, logger: logger)
        relayPool = PostgresPool(configuration: configuration.limited(to: 2, for: "outbox"), logger: logger)
        var changes = configuration.limited(to: 1, for: "changes")
        // A late answer is worth nothing.
        changes.statementTimeout = .seconds(2)
        changesPool = PostgresPool(configuration: changes, logger: logger)
        checkPool = PostgresPool(configuration: configuration.limited(to: 1, for: "health"), logger: logger)
    }

    /// Whether the database answers. While requests cannot reach it, the check goes their way, so that the service is ready
    /// again when they are served and not a moment before.
    /// - Parameter statement: Any statement that the service's role may run.
    package func check(_ statement: PostgresStatement = "SELECT 1") -> HealthCheck {
        HealthCheck(
            "postgres", isRequired: true,
            isHealthy: { [pool, checkPool] in
                let asked = pool.isUnreachable ? pool : checkPool
                return (try? await asked.query(statement, as: .read)) != nil
            })
    }

    /// Closes all connections, after all else has ended.
    package func shutdown() async {
        await checkPool.shutdown()
        await changesPool.shutdown()
        await relayPool.shutdown()
        await pool.shutdown()
    }
}

extension PostgresConfiguration {
    /// The same for a few connections, which `pg_stat_activity` shows under a name of their own.
    fileprivate func limited(to connections: Int, for purpose: String) -> PostgresConfiguration {
        var configuration = self
        configuration.maximumConnections = connections
        configuration.applicationName += " \(purpose)"
        return configuration
    }
}
