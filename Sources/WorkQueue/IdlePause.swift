/// How long to sleep when there was nothing to claim. Pure state.
package struct IdlePause: Sendable {
    /// How often in a row work was due that could not be claimed.
    private var misses = 0

    private static let backOff = BackOff(initial: .milliseconds(1), maximum: .milliseconds(500))

    /// Nothing was missed yet.
    package init() {}

    /// The time until the next look.
    /// - Parameter timeUntilDue: How long until work becomes due, zero or less when some is due; nil when none is known.
    package mutating func next(timeUntilDue: Duration?, pollInterval: Duration) -> Duration {
        if let timeUntilDue, timeUntilDue <= .zero {
            // Another worker is claiming it, or keeps it locked for longer: do not ask a thousand times a second.
            misses += 1
            return min(Self.backOff.ceiling(afterFailures: misses), pollInterval)
        }
        misses = 0
        return min(timeUntilDue.map { max($0, .milliseconds(1)) } ?? pollInterval, pollInterval)
    }

    /// Work was claimed.
    package mutating func worked() { misses = 0 }
}
