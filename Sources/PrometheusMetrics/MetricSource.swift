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
    /// A source that takes long is read less often: reading takes at most a fiftieth of the time.
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
        var isUp = true
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
            return Reading(samples: isShown ? state.samples : [], isUp: state.isUp && isShown, age: age)
        }
    }

    private func isDue(_ state: State, now: ContinuousClock.Instant) -> Bool {
        guard let maximumAge = source.maximumAge, let readAt = state.readAt, state.isUp else { return true }
        return readAt.duration(to: now) >= max(maximumAge, state.duration * 50)
    }

    private func readOnce() async {
        let start = ContinuousClock.now
        let samples = try? await source.read()
        let end = ContinuousClock.now
        state.withLock { state in
            state.running = nil
            state.duration = start.duration(to: end)
            state.isUp = samples != nil
            guard let samples else { return }
            state.samples = samples
            state.readAt = end
        }
    }
}
