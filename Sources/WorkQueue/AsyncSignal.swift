import Synchronization

/// A signal for one waiter: sent while nobody waits, it lets the next wait return at once.
///
/// Any number of signals before a wait count as one.
package final class AsyncSignal: Sendable {
    private struct State {
        var isSignaled = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// A signal that has not been sent.
    package init() {}

    /// Wakes the waiter, or lets the next wait return at once.
    package func signal() {
        state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let waiter = state.waiter else {
                state.isSignaled = true
                return nil
            }
            state.waiter = nil
            return waiter
        }?.resume()
    }

    /// Waits for a signal, at most for the given time; returns early when the task is canceled. One caller at a time.
    package func wait(atMost limit: Duration) async {
        guard limit > .zero else { return }
        // The timer signals like anybody else: it may fire before there is a waiter. When it fires too late it wakes
        // somebody for nothing, which every caller must tolerate anyway.
        let timer = Task {
            try? await Task.sleep(for: limit, clock: .continuous)
            if !Task.isCancelled { signal() }
        }
        defer { timer.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let returnsAtOnce = state.withLock { state in
                    if state.isSignaled || Task.isCancelled || state.waiter != nil {
                        state.isSignaled = false
                        return true
                    }
                    state.waiter = continuation
                    return false
                }
                if returnsAtOnce { continuation.resume() }
            }
        } onCancel: {
            wakeWaiter()
        }
    }

    private func wakeWaiter() {
        state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state.waiter = nil }
            return state.waiter
        }?.resume()
    }
}
