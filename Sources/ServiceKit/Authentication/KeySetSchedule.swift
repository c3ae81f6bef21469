/// When a key set is read again, and whether it is stale. A pure value; ``KeySetLoader`` guards it.
struct KeySetSchedule: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// Pause after the first failure; it doubles with each further one.
    static let shortestPause = Duration.seconds(1)
    /// Longest pause after failures, unless the interval is even shorter.
    static let longestPause = Duration.seconds(30)
    /// Tokens with unknown keys, which anybody can send, cause at most one reading in this time.
    static let pauseOnDemand = Duration.seconds(10)

    /// Time between successful readings.
    let interval: Duration
    private var failures = 0
    private var loadedAt: Instant?
    private var lastOnDemand: Instant?

    init(interval: Duration) {
        self.interval = interval
    }

    /// Whether the set was read at least once.
    var isLoaded: Bool { loadedAt != nil }

    /// Time until the next reading.
    var pause: Duration {
        guard failures > 0 else { return interval }
        let doubled = Self.shortestPause * (1 << min(failures - 1, 10))
        return min(doubled, Self.longestPause, max(interval, Self.shortestPause))
    }

    /// How long the set has been in use without being confirmed, once that is longer than two intervals: a key that the
    /// provider has removed since would still be accepted.
    func staleness(_ now: Instant) -> Duration? {
        guard let loadedAt else { return nil }
        let age = loadedAt.duration(to: now)
        return age > interval * 2 ? age : nil
    }

    mutating func ended(succeeded: Bool, _ now: Instant) {
        if succeeded {
            failures = 0
            loadedAt = now
        } else {
            failures += 1
        }
    }

    /// Whether a token that names an unknown key may cause a reading now.
    mutating func beginOnDemand(_ now: Instant) -> Bool {
        if let lastOnDemand, lastOnDemand.duration(to: now) < Self.pauseOnDemand { return false }
        lastOnDemand = now
        return true
    }
}
