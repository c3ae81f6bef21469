private import Glibc
private import Synchronization

/// A started child. It is reaped by the reactor that started it.
package final class ChildProcess: Sendable {
    /// The child's id, which is its process group too.
    package let processIdentifier: Int32

    private struct State {
        var exit: ProcessExit?
        var waiters: [CheckedContinuation<ProcessExit, Never>] = []
    }

    private let state = Mutex(State())

    init(processIdentifier: Int32) {
        self.processIdentifier = processIdentifier
    }

    /// Waits for the end of the child; does not react to cancellation.
    package func waitUntilExit() async -> ProcessExit {
        await withCheckedContinuation { continuation in
            let exit = state.withLock { state -> ProcessExit? in
                if state.exit == nil { state.waiters.append(continuation) }
                return state.exit
            }
            if let exit { continuation.resume(returning: exit) }
        }
    }

    /// How it ended, nil while it runs.
    package var exit: ProcessExit? { state.withLock { $0.exit } }

    /// Sends a signal to the child; `.kill` goes to its whole group. Does nothing once it was reaped, so that a
    /// process which got the same id later is never hit.
    package func send(_ signal: ProcessSignal) {
        state.withLock { state in
            guard state.exit == nil else { return }
            _ = kill(signal == .kill ? -processIdentifier : processIdentifier, signal.number)
        }
    }

    /// Reaps the child by `reap` under the lock of `send`. Returns the exit when it had ended.
    func reap(_ reap: () -> ProcessExit?) -> ProcessExit? {
        let (exit, waiters) = state.withLock { state -> (ProcessExit?, [CheckedContinuation<ProcessExit, Never>]) in
            guard state.exit == nil, let exit = reap() else { return (nil, []) }
            state.exit = exit
            defer { state.waiters = [] }
            return (exit, state.waiters)
        }
        guard let exit else { return nil }
        for waiter in waiters { waiter.resume(returning: exit) }
        return exit
    }
}

extension ProcessSignal {
    /// The system's number.
    package var number: Int32 {
        switch self {
        case .interrupt: SIGINT
        case .terminate: SIGTERM
        case .quit: SIGQUIT
        case .kill: SIGKILL
        }
    }
}
