import Synchronization

/// A value that is read when somebody asks for it.
package struct MetricSample: Sendable {
    package let name: String
    package let labels: [(String, String)]
    package let value: Double

    package init(_ name: String, _ value: Double, labels: [(String, String)] = []) {
        self.name = name
        self.labels = labels
        self.value = value
    }

    package init(_ name: String, _ value: Int, labels: [(String, String)] = []) {
        self.init(name, Double(value), labels: labels)
    }
}

/// Where samples come from: a pool, a cache, the database.
package struct MetricSource: Sendable {
    /// As `arc_metrics_source_up` names it.
    package let name: String
    /// For how long what was read is good enough; nil for what is in memory and read every time.
    ///
    /// A source that takes long is read less often: reading takes at most a fiftieth of the time. One that fails is read again after
    /// pauses that grow up to a minute.
    package let maximumAge: Duration?
    package let read: @Sendable () async throws -> [MetricSample]

    package init(
        _ name: String, maximumAge: Duration? = nil, read: @escaping @Sendable () async throws -> [MetricSample]
    ) {
        self.name = name
        self.maximumAge = maximumAge
        self.read = read
    }
}

/// Reads a source, one reading at a time, and keeps what it has read.
///
/// Whoever asks waits only for a limited time. A reading that takes longer goes on, and what was read before is shown
/// meanwhile.
final class SourceReader: Sendable {
    private struct State {
        var samples: [MetricSample] = []
        var readAt: ContinuousClock.Instant?
        var duration = Duration.zero
        /// How often reading has failed in a row, and when it did last.
        var failures = 0
        var failedAt: ContinuousClock.Instant?
        var running: Task<Void, Never>?
    }

    /// What is known of a source.
    struct Reading: Sendable {
        var samples: [MetricSample]
        var isUp: Bool
        /// Nil if nothing has been read.
        var age: Duration?
    }

    /// What is older is not shown.
    private static let expiry = Duration.seconds(600)
    private static let shortestPause = Duration.seconds(5)
    private static let longestPause = Duration.seconds(60)

    let source: MetricSource
    private let state = Mutex(State())

    init(_ source: MetricSource) { self.source = source }

    /// Starts a reading if it is time.
    func refresh(now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            guard state.running == nil, isDue(state, now: now) else { return }
            state.running = Task { await self.readOnce() }
        }
    }

    /// The reading that is going on.
    var running: Task<Void, Never>? { state.withLock { $0.running } }

    func reading(now: ContinuousClock.Instant = .now) -> Reading {
        state.withLock { state in
            let age = state.readAt.map { $0.duration(to: now) }
            let isShown = age.map { $0 < Self.expiry } ?? false
            return Reading(samples: isShown ? state.samples : [], isUp: state.failures == 0 && isShown, age: age)
        }
    }

    private func isDue(_ state: State, now: ContinuousClock.Instant) -> Bool {
        guard let maximumAge = source.maximumAge else { return true }
        if let failedAt = state.failedAt { return failedAt.duration(to: now) >= pause(after: state) }
        guard let readAt = state.readAt else { return true }
        return readAt.duration(to: now) >= max(maximumAge, state.duration * 50)
    }

    /// A database in trouble is not asked by every scrape, least of all when the answer takes long.
    private func pause(after state: State) -> Duration {
        let growing = Self.shortestPause * (1 << min(max(state.failures, 1) - 1, 10))
        return min(max(growing, state.duration * 10), Self.longestPause)
    }

    private func readOnce() async {
        let start = ContinuousClock.now
        let samples = try? await source.read()
        let end = ContinuousClock.now
        state.withLock { state in
            state.running = nil
            state.duration = start.duration(to: end)
            guard let samples else {
                state.failures += 1
                state.failedAt = end
                return
            }
            state.failures = 0
            state.failedAt = nil
            state.samples = samples
            state.readAt = end
        }
    }
}
