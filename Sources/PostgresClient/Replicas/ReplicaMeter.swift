import CoreMetrics

/// Counts reads by who has answered them; nothing is measured if nobody keeps the figures.
struct ReplicaMeter: Sendable {
    let replica: Counter
    let primary: Counter
    let repeated: Counter

    /// Nil if nobody keeps the figures.
    init?(factory: any MetricsFactory = MetricsSystem.factory) {
        guard !(factory is NOOPMetricsHandler) else { return nil }
        func counter(_ target: String) -> Counter {
            Counter(label: "arc_postgres_reads_total", dimensions: [("target", target)], factory: factory)
        }
        replica = counter("replica")
        primary = counter("primary")
        repeated = counter("repeated")
    }
}
