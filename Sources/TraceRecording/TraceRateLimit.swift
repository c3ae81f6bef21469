import Synchronization

/// Bounds how many traces that start here are recorded. Under load, tracing costs what so many cost, however many requests there are.
///
/// What is left of three quiet seconds may be used at once, so that a burst of a few requests is recorded whole.
package final class TraceRateLimit: Sendable {
    /// The generic cell rate algorithm; times are nanoseconds since 1970.
    private struct State {
        /// How much of a second a trace uses.
        let interval: UInt64
        /// When all that was recorded would have been recorded at the rate alone.
        var theoreticalArrival: UInt64 = 0

        static let burst: UInt64 = 3_000_000_000

        init(perSecond: Int) { interval = 1_000_000_000 / UInt64(max(1, perSecond)) }

        mutating func allows(at now: UInt64) -> Bool {
            // A clock that was set back must not stop tracing until it has caught up.
            let arrival = theoreticalArrival > now + Self.burst + interval ? now : max(theoreticalArrival, now)
            guard arrival + interval <= now + Self.burst else { return false }
            theoreticalArrival = arrival + interval
            return true
        }
    }

    private let state: Mutex<State>

    /// - Parameter perSecond: At least 1.
    package init(perSecond: Int) { state = Mutex(State(perSecond: perSecond)) }

    /// Whether one more trace is recorded.
    /// - Parameter now: Nanoseconds since 1970.
    func allows(at now: UInt64) -> Bool { state.withLock { $0.allows(at: now) } }
}
