import CoreMetrics
import Primitives
import ServiceLifecycle

/// Work that a service repeats.
package enum PeriodicWork {
    /// Repeats work, with a pause after each round, until graceful shutdown, which also ends a pause.
    /// - Parameters:
    ///   - name: As metrics name it, `a-z` and `_`.
    ///   - pause: Time between two rounds.
    ///   - delay: Time before the first round.
    ///   - round: Does the work, and logs its own errors.
    package static func run(
        _ name: String, every pause: Duration, after delay: Duration = .zero,
        _ round: @escaping @Sendable () async -> Void
    ) async {
        let labels = [("work", name)]
        let lateness = Timer(label: "arc_periodic_work_delay_seconds", dimensions: labels)
        let duration = Timer(label: "arc_periodic_work_duration_seconds", dimensions: labels)
        await cancelWhenGracefulShutdown {
            var planned = ContinuousClock.now + delay
            if delay > .zero { try? await Task.sleep(until: planned, clock: .continuous) }
            while !Task.isCancelled {
                let start = ContinuousClock.now
                lateness.recordNanoseconds((start - planned).nanoseconds)
                await round()
                let end = ContinuousClock.now
                duration.recordNanoseconds((end - start).nanoseconds)
                planned = end + pause
                try? await Task.sleep(until: planned, clock: .continuous)
            }
        }
    }
}
