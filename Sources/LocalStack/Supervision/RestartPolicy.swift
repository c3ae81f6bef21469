/// How long to wait before a crashed component is started again: exponential, capped, and reset after a healthy run.
package struct RestartPolicy: Sendable, Hashable {
    /// Wait after the first crash.
    package var initialDelay: Duration = .milliseconds(500)
    /// Longest wait.
    package var maximumDelay: Duration = .seconds(30)
    /// A run at least this long counts as healthy: the next crash is a first one again.
    package var healthyRun: Duration = .seconds(60)

    private var crashesInARow = 0

    /// The usual policy.
    package init() {}

    /// Records a crash and returns how long to wait.
    package mutating func delay(afterRunOf run: Duration) -> Duration {
        crashesInARow = run >= healthyRun ? 1 : crashesInARow + 1
        var delay = initialDelay
        for _ in 1..<crashesInARow {
            delay *= 2
            if delay >= maximumDelay { return maximumDelay }
        }
        return delay
    }
}
