import CoreMetrics
import Primitives
import Synchronization

/// Counts attempts at leased work through swift-metrics, by queue.
final class WorkMetrics: WorkMiddleware {
    private struct Handles: Sendable {
        let running: Meter
        let duration: Timer
        let done: Counter
        let retried: Counter
        let released: Counter
        let deadLetters: Counter

        init(queue: String, factory: any MetricsFactory) {
            func counter(_ outcome: String) -> Counter {
                Counter(
                    label: "arc_work_items_total", dimensions: [("queue", queue), ("outcome", outcome)],
                    factory: factory)
            }
            let labels = [("queue", queue)]
            running = Meter(label: "arc_work_running", dimensions: labels, factory: factory)
            duration = Timer(label: "arc_work_duration_seconds", dimensions: labels, factory: factory)
            done = counter("done")
            retried = counter("retry")
            released = counter("released")
            deadLetters = counter("dead_letter")
        }
    }

    private let factory: any MetricsFactory
    /// By queue; a worker has one.
    private let handles = Mutex<[String: Handles]>([:])

    /// Nil if nobody keeps the figures.
    init?(factory: any MetricsFactory = MetricsSystem.factory) {
        guard !(factory is NOOPMetricsHandler) else { return nil }
        self.factory = factory
    }

    func handle<Output: Sendable>(
        _ work: WorkDescription, next: () async -> Settlement<Output>
    ) async -> Settlement<Output> {
        let handles = handles(of: work.queue)
        handles.running.increment()
        let start = ContinuousClock.now
        let settlement = await next()
        handles.duration.recordNanoseconds((ContinuousClock.now - start).nanoseconds)
        handles.running.decrement()
        switch settlement {
        case .done: handles.done.increment()
        case .retry: handles.retried.increment()
        case .released: handles.released.increment()
        case .deadLetter: handles.deadLetters.increment()
        }
        return settlement
    }

    private func handles(of queue: String) -> Handles {
        handles.withLock { handles in
            if let known = handles[queue] { return known }
            let made = Handles(queue: queue, factory: factory)
            handles[queue] = made
            return made
        }
    }
}
