import CoreMetrics

/// Counts where a cache found its rows.
struct CacheMeter: Sendable {
    let memory: Counter
    let shared: Counter
    let database: Counter
    /// Reads that waited for another read of the same row.
    let joined: Counter

    init(cache: String, factory: any MetricsFactory = MetricsSystem.factory) {
        func counter(_ source: String) -> Counter {
            Counter(
                label: "arc_cache_reads_total", dimensions: [("cache", cache), ("source", source)], factory: factory)
        }
        memory = counter("memory")
        shared = counter("redis")
        database = counter("database")
        joined = counter("joined")
    }
}
