import PrometheusMetrics
import Synchronization

/// How much of a processor the process has used since it was asked last.
final class ProcessorUsage: Sendable {
    private struct Reading {
        var instant = ContinuousClock.now
        var seconds = ProcessMetrics.cpuSeconds
    }

    private let last = Mutex(Reading())

    /// Percent of one processor; more than 100 if several were busy.
    func percent() -> Double {
        let now = Reading()
        return last.withLock { last in
            let elapsed = (now.instant - last.instant).components
            let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
            defer { last = now }
            return seconds > 0 ? 100 * (now.seconds - last.seconds) / seconds : 0
        }
    }
}
