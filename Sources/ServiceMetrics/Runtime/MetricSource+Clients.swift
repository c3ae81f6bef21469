package import PostgresClient
package import PrometheusMetrics
package import RedisClient
package import ServiceKit

extension MetricSource {
    /// The connections of pools.
    package static func pools(_ pools: [PostgresPool]) -> MetricSource {
        MetricSource("postgres_pools") {
            pools.flatMap { pool in
                let status = pool.status
                let labels = [("pool", pool.name)]
                return [
                    MetricSample("arc_postgres_connections", status.idle, labels: labels + [("state", "idle")]),
                    MetricSample("arc_postgres_connections", status.leased, labels: labels + [("state", "in_use")]),
                    MetricSample("arc_postgres_waiting", status.waiting, labels: labels),
                    MetricSample(
                        "arc_postgres_connections_max", pool.configuration.maximumConnections, labels: labels),
                ]
            }
        }
    }

    /// The replicas of the database.
    package static func replicas(_ replicas: ReadReplicas) -> MetricSource {
        MetricSource("postgres_replicas") {
            replicas.reports.flatMap { report in
                let labels = [("replica", "\(report.address)")]
                let usable = MetricSample(
                    "arc_postgres_replica_usable", report.standing == .usable ? 1 : 0, labels: labels)
                guard let lag = report.lag else { return [usable] }
                return [
                    usable, MetricSample("arc_postgres_replica_lag_seconds", lag / .seconds(1), labels: labels),
                ]
            }
        }
    }

    /// Whether Redis can be used.
    package static func redis(_ client: RedisClient) -> MetricSource {
        MetricSource("redis") {
            [MetricSample("arc_redis_connected", client.isConnected ? 1 : 0, labels: [("client", client.name)])]
        }
    }

    /// The connections of clients.
    package static func connections(_ load: @escaping @Sendable () -> HTTPLoad) -> MetricSource {
        MetricSource("http") {
            let load = load()
            return [
                MetricSample("arc_http_connections", load.connections),
                MetricSample("arc_http_unsent_bytes", load.unsentBytes),
            ]
        }
    }
}
