import CoreMetrics

/// What a pool counts through swift-metrics; nothing is measured if nobody keeps the figures.
struct PoolMeter: Sendable {
    private let wait: Timer
    private let succeeded: Counter
    private let failed: Counter
    private let unavailable: Counter
    private let read: Timer
    private let write: Timer
    private let search: Timer

    /// Nil if nobody keeps the figures.
    init?(pool: String, factory: any MetricsFactory = MetricsSystem.factory) {
        guard !(factory is NOOPMetricsHandler) else { return nil }
        func counter(_ outcome: String) -> Counter {
            Counter(
                label: "arc_postgres_requests_total", dimensions: [("pool", pool), ("outcome", outcome)],
                factory: factory)
        }
        func timer(_ workload: String) -> Timer {
            Timer(
                label: "arc_postgres_request_duration_seconds", dimensions: [("pool", pool), ("workload", workload)],
                factory: factory)
        }
        wait = Timer(label: "arc_postgres_wait_seconds", dimensions: [("pool", pool)], factory: factory)
        succeeded = counter("ok")
        failed = counter("error")
        unavailable = counter("unavailable")
        read = timer("read")
        write = timer("write")
        search = timer("search")
    }

    /// Counts a caller that waited for a connection, whether it got one or not.
    func waited(since start: Int64) { wait.recordNanoseconds(MonotonicClock.now() - start) }

    /// Counts a round trip.
    func performed(
        _ workload: PostgresWorkload, since start: Int64, _ outcome: Outcome
    ) {
        let timer = workload.lane == .search ? search : workload.changesNothing ? read : write
        timer.recordNanoseconds(MonotonicClock.now() - start)
        switch outcome {
        case .success: succeeded.increment()
        case .failure(let error): (error.sqlState == nil ? unavailable : failed).increment()
        }
    }
}
