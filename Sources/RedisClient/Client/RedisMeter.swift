import CoreMetrics
import Primitives

/// What a client counts through swift-metrics; nothing is measured if nobody keeps the figures.
struct RedisMeter: Sendable {
    private let succeeded: Counter
    private let failed: Counter
    private let unavailable: Counter
    private let duration: Timer
    private let connects: Counter

    /// Nil if nobody keeps the figures.
    init?(client: String, factory: any MetricsFactory = MetricsSystem.factory) {
        guard !(factory is NOOPMetricsHandler) else { return nil }
        func counter(_ outcome: String) -> Counter {
            Counter(
                label: "arc_redis_commands_total", dimensions: [("client", client), ("outcome", outcome)],
                factory: factory)
        }
        let labels = [("client", client)]
        succeeded = counter("ok")
        failed = counter("error")
        unavailable = counter("unavailable")
        duration = Timer(label: "arc_redis_command_duration_seconds", dimensions: labels, factory: factory)
        connects = Counter(label: "arc_redis_connects_total", dimensions: labels, factory: factory)
    }

    /// Counts a connection that was made.
    func connected() { connects.increment() }

    /// Counts a command or a pipeline. Commands that were not sent have no duration.
    func performed(since start: ContinuousClock.Instant, _ outcome: RedisOutcome) {
        switch outcome {
        case .value, .values: succeeded.increment()
        case .failure(.server): failed.increment()
        case .failure: return unavailable.increment()
        }
        duration.recordNanoseconds((ContinuousClock.now - start).nanoseconds)
    }
}
