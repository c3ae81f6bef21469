import Synchronization

/// Wakes one sleeper; rung while nobody sleeps, it lets the next wait return at once.
final class Doorbell: Sendable {
    private struct State {
        var isRung = false
        var sleeper: Task<Void, Never>?
    }

    private let state = Mutex(State())

    /// Wakes the sleeper. Any number of rings before a wait count as one.
    func ring() {
        state.withLock { state in
            state.isRung = true
            state.sleeper?.cancel()
        }
    }

    /// Waits for a ring, at most for the given time; returns early when the task is cancelled. One caller at a time.
    func wait(atMost limit: Duration) async {
        let sleeper = state.withLock { state -> Task<Void, Never>? in
            if state.isRung { return nil }
            let sleeper = Task<Void, Never> { try? await Task.sleep(for: limit) }
            state.sleeper = sleeper
            return sleeper
        }
        if let sleeper {
            await withTaskCancellationHandler {
                await sleeper.value
            } onCancel: {
                sleeper.cancel()
            }
        }
        // What was rung for up to here is found by the search that follows every wait.
        state.withLock { $0 = State() }
    }
}
