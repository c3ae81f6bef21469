package import PrometheusMetrics

extension MetricCatalog {
    static let database = [
        MetricDescription(
            "arc_postgres_connections", .gauge, labels: ["pool", "state"],
            "Open connections to PostgreSQL by pool and state: idle, in_use"),
        MetricDescription("arc_postgres_waiting", .gauge, labels: ["pool"], "Callers that wait for a connection"),
        MetricDescription(
            "arc_postgres_connections_max", .gauge, labels: ["pool"], "Limit on the connections of a pool"),
        MetricDescription(
            "arc_postgres_wait_seconds", .histogram, labels: ["pool"],
            "Time that callers waited for a connection, of those that found none free"),
        MetricDescription(
            "arc_postgres_requests_total", .counter, labels: ["pool", "outcome"],
            "Round trips to PostgreSQL, each with one or more statements, by outcome: ok, error, unavailable"),
        MetricDescription(
            "arc_postgres_request_duration_seconds", .histogram, labels: ["pool", "workload"],
            "Time of a round trip to PostgreSQL without the wait for a connection, by workload: read, write, search"),
    ]

    /// Those of a service with read replicas.
    package static let replicas = [
        MetricDescription(
            "arc_postgres_reads_total", .counter, labels: ["target"],
            "With read replicas: reads by what has answered them: replica, primary, or repeated (the primary, after a replica could not)"
        ),
        MetricDescription(
            "arc_postgres_replica_usable", .gauge, labels: ["replica"], "1 while a read replica may answer, else 0"),
        MetricDescription(
            "arc_postgres_replica_lag_seconds", .gauge, labels: ["replica"],
            "How far a read replica is behind the primary; missing while it is not known"),
    ]

    static let redis = [
        MetricDescription("arc_redis_connected", .gauge, labels: ["client"], "1 while Redis can be used, else 0"),
        MetricDescription(
            "arc_redis_commands_total", .counter, labels: ["client", "outcome"],
            "Commands, or pipelines of commands, by outcome: ok, error, unavailable"),
        MetricDescription(
            "arc_redis_command_duration_seconds", .histogram, labels: ["client"], "Time until Redis has replied"),
        MetricDescription(
            "arc_redis_connects_total", .counter, labels: ["client"],
            "Connections to Redis that were made; more than the configured number are reconnects"),
        MetricDescription(
            "arc_cache_reads_total", .counter, labels: ["cache", "source"],
            "Reads of single rows by where the row was found: memory, redis, database, or joined with another read"),
    ]
}
