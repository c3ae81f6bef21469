import Synchronization

/// A bell for one sleeper: rung while nobody sleeps, it wakes the next who wants to.
///
/// Any number of signals before a wait count as one.
package final class WakeUp: Sendable {
    private struct State {
        var isSignalled = false
        var sleeper: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// A bell that nobody has rung.
    package init() {}

    /// Wakes the sleeper, or lets the next wait return at once.
    package func signal() {
        state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let sleeper = state.sleeper else {
                state.isSignalled = true
                return nil
            }
            state.sleeper = nil
            return sleeper
        }?.resume()
    }

    /// Waits for a signal, at most for the given time; returns early when the task is cancelled. One caller at a time.
    package func wait(atMost limit: Duration) async {
        guard limit > .zero else { return }
        // The timer rings like anybody else: it may go off before there is a sleeper. When it goes off too late it wakes
        // somebody for nothing, which every caller must bear anyway.
        let timer = Task {
            try? await Task.sleep(for: limit, clock: .continuous)
            if !Task.isCancelled { signal() }
        }
        defer { timer.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let wakesAtOnce = state.withLock { state in
                    if state.isSignalled || Task.isCancelled || state.sleeper != nil {
                        state.isSignalled = false
                        return true
                    }
                    state.sleeper = continuation
                    return false
                }
                if wakesAtOnce { continuation.resume() }
            }
        } onCancel: {
            wakeSleeper()
        }
    }

    private func wakeSleeper() {
        state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state.sleeper = nil }
            return state.sleeper
        }?.resume()
    }
}
