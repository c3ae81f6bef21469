import Synchronization

@testable import ServiceKit

/// A database of plans that can be away, and a clock.
final class PlanLookups: Sendable {
    struct State: Sendable {
        var now = ContinuousClock.now
        /// Nil: the database is away.
        var plan: String? = "premium"
        var lookups = 0
    }

    struct Away: Error {}

    private let state = Mutex(State())

    var now: ContinuousClock.Instant { state.withLock { $0.now } }
    var lookups: Int { state.withLock { $0.lookups } }

    func change(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

    func lookup() throws -> String? {
        let plan = state.withLock { state in
            state.lookups += 1
            return state.plan
        }
        guard let plan else { throw Away() }
        return plan
    }
}
