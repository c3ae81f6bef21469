package import PrometheusMetrics

/// Every metric of the services. docs/metrics.md has the same list, which a test compares.
package enum MetricCatalog {
    /// By the headings of the document.
    package static let sections: [(title: String, metrics: [MetricDescription])] = [
        ("Requests", requests), ("Database", database), ("Read replicas", replicas), ("Redis and caches", redis),
        ("Work in the background", work),
        ("Events", events), ("Tenants", tenants), ("Tracing", tracing), ("Process", process),
    ]

    package static let all = sections.flatMap(\.metrics)

    private static let process =
        ProcessMetrics.descriptions + [
            MetricDescription(
                "arc_scheduler_delay_seconds", .histogram, labels: ["executor"],
                "How long work waits until it runs, measured once a second, in the pool of threads of tasks and on the event loops"
            )
        ] + MetricsRegistry.ownMetrics
}
