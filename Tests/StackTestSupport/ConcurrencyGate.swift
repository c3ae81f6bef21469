import Synchronization

/// Lets only so many tests hold something large at once: each service has its own connections and threads, and a
/// server has room for some hundreds.
package final class ConcurrencyGate: Sendable {
    private struct State {
        /// The numbers of the free places.
        var free: [Int]
        var waiting: [CheckedContinuation<Int, Never>] = []
    }

    private let state: Mutex<State>

    /// - Parameter count: How many places there are; their numbers begin with 0.
    package init(_ count: Int) { state = Mutex(State(free: Array(0..<count))) }

    /// Runs the body in a place, once there is one.
    /// - Parameter body: Gets the number of the place, which nobody else has meanwhile.
    package func run<Value>(_ body: (_ place: Int) async throws -> Value) async rethrows -> Value {
        let place = await enter()
        defer { leave(place) }
        return try await body(place)
    }

    private func enter() async -> Int {
        await withCheckedContinuation { continuation in
            let place = state.withLock { state in
                if state.free.isEmpty { state.waiting.append(continuation) }
                return state.free.popLast()
            }
            if let place { continuation.resume(returning: place) }
        }
    }

    /// Gives the place to the one that has waited longest.
    private func leave(_ place: Int) {
        let next: CheckedContinuation<Int, Never>? = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.free.append(place)
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume(returning: place)
    }
}
