import Primitives
import Synchronization

/// A connection: sends a request on the caller's thread, takes the replies on the reactor's, resumes the caller once.
///
/// One request at a time; whoever leased the connection from the pool is its only user.
final class Connection: Sendable {
    /// When it was opened, in the time of `MonotonicClock`.
    let openedAt: Int64
    /// When the pool replaces it, in the time of `MonotonicClock`.
    let expiresAt: Int64

    private let state: Mutex<ConnectionState>
    private let reactor: Reactor
    private let statementTimeout: Int64
    private let onClose: @Sendable (Connection) -> Void

    /// Takes ownership of a connection that was just opened; `nil` when the system refuses to watch it.
    /// - Parameter onClose: Called once when the connection closed by itself, after its request has ended.
    init?(
        _ opened: OpenedConnection, configuration: PostgresConfiguration, openedAt: Int64, expiresAt: Int64,
        reactor: Reactor = .shared, onClose: @escaping @Sendable (Connection) -> Void
    ) {
        guard let session = Session(opened, configuration: configuration) else { return nil }
        self.openedAt = openedAt
        self.expiresAt = expiresAt
        self.reactor = reactor
        self.onClose = onClose
        self.statementTimeout = configuration.statementTimeout.nanoseconds
        let descriptor = session.descriptor
        self.state = Mutex(ConnectionState(session: session, descriptor: descriptor))
        guard let token = reactor.register(self, descriptor: descriptor) else {
            close()
            return nil
        }
        let isClosed = state.withLock { state in
            state.token = token
            return state.session == nil
        }
        // The reactor may have found it broken before it knew the token.
        if isClosed { reactor.deregister(token) }
    }

    /// Whether the next user finds a clean session: open, no request under way, no transaction left open.
    var isReusable: Bool { state.withLock { $0.isReusable } }

    /// Whether its server has refused a write because it accepts none.
    var isDemoted: Bool { state.withLock { $0.isDemoted } }

    /// Whether it is open at all.
    var isOpen: Bool { state.withLock { $0.session != nil } }

    /// Sends a request and waits for its outcome.
    /// - Parameters:
    ///   - idleSince: When the connection was last used: after a pause it is checked for a peer that has closed it.
    ///   - isShielded: Whether to ignore the cancellation of the task (ROLLBACK).
    func perform(
        _ request: Request, now: Int64, idleSince: Int64 = .max, isShielded: Bool = false
    ) async -> Outcome {
        if isShielded { return await submit(request, number: nextNumber(), now: now, idleSince: idleSince, true) }
        let number = nextNumber()
        return await withTaskCancellationHandler {
            await submit(request, number: number, now: now, idleSince: idleSince, false)
        } onCancel: {
            cancel(number)
        }
    }

    /// Closes the connection; a request under way ends with an error.
    func close(_ error: PostgresError = PostgresError(.closed, "connection closed")) {
        finish(state.withLock { $0.close(error, reactor) }, notifies: false)
    }

    private func nextNumber() -> UInt64 {
        state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
    }

    private func submit(
        _ request: Request, number: UInt64, now: Int64, idleSince: Int64, _ isShielded: Bool
    ) async -> Outcome {
        // Enough for every statement to reach its timeout on the server, which would report it.
        let timeout = request.statementTimeout ?? statementTimeout
        let (total, overflow) = timeout.multipliedReportingOverflow(by: Int64(request.items.count + 2))
        let deadline = timeout == 0 || overflow ? .max : now + min(total, .max / 2) + 5_000_000_000
        return await withUnsafeContinuation { (continuation: UnsafeContinuation<Outcome, Never>) in
            let effect = state.withLock { state in
                // Under the lock, so that the handler either finds the request or has run before.
                if !isShielded, Task.isCancelled {
                    let error = PostgresError(.cancelled, "before anything was sent")
                    return Effect(resume: (continuation, .failure(error)))
                }
                return state.begin(
                    request, number: number, continuation, deadline: deadline, checksPeer: now - idleSince > 5_000_000,
                    reactor)
            }
            finish(effect)
        }
    }

    private func cancel(_ number: UInt64) {
        let cancellation = state.withLock { $0.startCancelling(number, now: MonotonicClock.now()) }
        guard let cancellation else { return }
        let isStarted = BlockingThread.start {
            cancellation.perform()
            self.finish(self.state.withLock { $0.endCancelling(number, self.reactor) })
        }
        if !isStarted {
            cancellation.discard()
            finish(state.withLock { $0.endCancelling(number, reactor) })
        }
    }

    /// Does what was decided under the lock, outside of it.
    private func finish(_ effect: Effect, notifies: Bool = true) {
        if let (continuation, outcome) = effect.resume { continuation.resume(returning: outcome) }
        if effect.isClosed, notifies { onClose(self) }
    }
}

extension Connection: ReactorClient {
    func ready(_ event: PollEvent) {
        finish(state.withLock { $0.ready(event, reactor) })
    }

    func tick(now: Int64) {
        finish(state.withLock { $0.tick(now: now, reactor) })
    }
}

/// What remains to be done after leaving a connection's lock.
struct Effect {
    var resume: (UnsafeContinuation<Outcome, Never>, Outcome)?
    var isClosed = false
}
