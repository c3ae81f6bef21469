import CLibpq

/// The state of a connection and its transitions; all methods are called under the connection's lock, and none waits.
struct ConnectionState {
    /// The request under way.
    struct Active {
        let number: UInt64
        let continuation: UnsafeContinuation<Outcome, Never>
        var pipeline: Pipeline
        var results: [PostgresResult]
        var error: PostgresError?
        /// When the connection is given up.
        var deadline: Int64
        var isCancelRequested = false
        /// PQcancel runs on its thread: the connection must not serve the next request, or that would be hit.
        var isCancelRunning = false
        let commitPoint: CommitPoint
        /// The pool's number of commits without a replica when it began.
        let unreplicated: Int

        /// What the caller gets when the session ends with this error: a request that was sent, and about which the server
        /// has said nothing, may have been committed.
        func failure(_ error: PostgresError) -> PostgresError {
            var failure = self.error ?? error
            if self.error == nil, commitPoint != .none, !error.isRetryable { failure.isOutcomeUnknown = true }
            return isCancelRequested ? failure.asCancellation() : failure
        }
    }

    /// `nil` once closed.
    var session: Session?
    let descriptor: Int32
    var token: UInt64?
    var nextNumber: UInt64 = 0
    private var active: Active?
    private var watchesWriting = false
    /// The session must not be used again after the request under way.
    private var isWornOut = false
    /// The server accepts no writes: it was demoted, or somebody made it read-only.
    private(set) var isDemoted = false

    init(session: Session, descriptor: Int32) {
        self.session = session
        self.descriptor = descriptor
    }

    var isReusable: Bool {
        guard let session, active == nil, !isWornOut else { return false }
        return session.isAlive && session.isIdle
    }

    /// Starts a request.
    mutating func begin(
        _ request: Request, number: UInt64, _ continuation: UnsafeContinuation<Outcome, Never>, deadline: Int64,
        checksPeer: Bool, _ reactor: Reactor
    ) -> Effect {
        guard let session, active == nil else {
            let error = PostgresError(.connection, "connection lost before anything was sent", isRetryable: true)
            return Effect(resume: (continuation, .failure(error)))
        }
        var pipeline = Pipeline(capacity: request.items.count + 2)
        var sent = Session.Sent.nothing
        if !checksPeer || session.isPeerPresent() {
            sent = session.send(request, into: &pipeline)
        }
        var results: [PostgresResult] = []
        results.reserveCapacity(request.items.count)
        active = Active(
            number: number, continuation: continuation, pipeline: pipeline, results: results, deadline: deadline,
            commitPoint: request.commitPoint, unreplicated: session.notices.unreplicated)
        switch sent {
        case .complete:
            return Effect()
        case .partly:
            watchWriting(true, reactor)
            return Effect()
        case .nothing:
            return close(
                PostgresError(
                    .connection, "connection lost before anything was sent", isRetryable: true,
                    serverMessage: session.message), reactor)
        case .broken:
            return close(PostgresError(.connection, "connection lost", serverMessage: session.message), reactor)
        }
    }

    /// The socket is ready.
    mutating func ready(_ event: PollEvent, _ reactor: Reactor) -> Effect {
        guard let session else { return Effect() }
        var isBroken = false
        // Reading comes first: a server that waits for us to read would never take what we have to write.
        if event.isReadable, !session.consume() { isBroken = true }
        if watchesWriting, !isBroken {
            switch session.flush() {
            case .complete: watchWriting(false, reactor)
            case .partly: break
            case .nothing, .broken: isBroken = true
            }
        }
        return advance(isBroken: isBroken, reactor)
    }

    /// Looks at the deadline.
    mutating func tick(now: Int64, _ reactor: Reactor) -> Effect {
        guard let active, let session else { return Effect() }
        if now >= active.deadline {
            let error =
                active.isCancelRequested
                ? PostgresError(.cancelled, "the server did not confirm in time")
                : PostgresError(.timeout, "no answer in time")
            return close(error, reactor)
        }
        // In case `Session.consume` has left bytes in OpenSSL's buffer.
        guard session.isEncrypted else { return Effect() }
        return advance(isBroken: !session.consume(), reactor)
    }

    /// Takes the replies that are there.
    private mutating func advance(isBroken: Bool, _ reactor: Reactor) -> Effect {
        guard let session else { return Effect() }
        guard active != nil, active?.pipeline.isFinished == false else {
            if !isBroken { session.discardUnasked() }
            if isBroken || !session.isAlive { return close(PostgresError(.connection, "connection lost"), reactor) }
            return Effect()
        }
        while !session.isBusy {
            let (reply, result) = session.nextReply()
            let action = active?.pipeline.receive(reply) ?? .violation
            switch action {
            case .keep:
                if let result { active?.results.append(PostgresResult(taking: result)) }
                continue
            case .fail(let index):
                if let result { fail(result, index) }
            case .finished:
                PQclear(result)
                return complete(reactor)
            case .violation:
                PQclear(result)
                let error = PostgresError(.connection, "unexpected reply", serverMessage: session.message)
                return close(error, reactor)
            case .discard:
                break
            }
            PQclear(result)
            if reply == .error, !session.isAlive { break }
        }
        guard isBroken || !session.isAlive else { return Effect() }
        return close(PostgresError(.connection, "connection lost", serverMessage: session.message), reactor)
    }

    private mutating func fail(_ result: OpaquePointer, _ index: Int?) {
        guard let active, active.error == nil else { return }
        var error = PostgresError.from(result: result)
        error.statementIndex = index
        if error.isStaleStatement || error.kind == .connection { isWornOut = true }
        if error.sqlState == .readOnlyTransaction {
            isWornOut = true
            isDemoted = true
        }
        // Where all statements have succeeded, it is the commit that was interrupted.
        let isAtCommit = active.commitPoint == .statement || active.pipeline.isAtCommit
        if active.commitPoint != .none, error.leavesOutcomeUnknown(atCommit: isAtCommit) {
            error.isOutcomeUnknown = true
        }
        self.active?.error = error
    }

    /// All replies are in; the caller goes on unless PQcancel is still under way.
    private mutating func complete(_ reactor: Reactor) -> Effect {
        guard let finished = active else { return Effect() }
        session?.settle(finished.pipeline)
        if finished.isCancelRunning { return Effect() }
        active = nil
        if var error = finished.error ?? unreplicatedCommit(finished) {
            if finished.isCancelRequested { error = error.asCancellation() }
            return Effect(resume: (finished.continuation, .failure(error)))
        }
        return Effect(resume: (finished.continuation, .success(finished.results)))
    }

    /// The server says that a commit has succeeded also when somebody canceled its wait for a replica: a failover would lose it. With
    /// several connections, one that commits at the same moment is told the same.
    private func unreplicatedCommit(_ finished: Active) -> PostgresError? {
        guard finished.commitPoint != .none, session?.notices.unreplicated != finished.unreplicated else { return nil }
        var error = PostgresError(.connection, "committed, but the wait for a replica was canceled")
        error.isOutcomeUnknown = true
        return error
    }

    /// Closes the session; the request under way ends with this error.
    mutating func close(_ error: PostgresError, _ reactor: Reactor) -> Effect {
        guard let session else { return Effect() }
        self.session = nil
        if let token { reactor.deregister(token, descriptor: hasDescriptor(session) ? descriptor : nil) }
        session.finish()
        var effect = Effect(isClosed: true)
        if let active { effect.resume = (active.continuation, .failure(active.failure(error))) }
        active = nil
        return effect
    }

    /// Whether the connection still owns the descriptor: when the peer hangs up, libpq closes it by itself, and the number
    /// may be another connection's a moment later.
    private func hasDescriptor(_ session: Session) -> Bool { session.descriptor == descriptor }

    // MARK: Canceling

    /// Notes the wish to cancel; the replies then have a short time to arrive.
    mutating func startCancelling(_ number: UInt64, now: Int64) -> Cancellation? {
        guard var active, active.number == number, !active.isCancelRequested, let session else { return nil }
        let cancellation = session.makeCancellation()
        active.isCancelRequested = true
        active.isCancelRunning = cancellation != nil
        active.deadline = min(active.deadline, now + 2_000_000_000)
        self.active = active
        return cancellation
    }

    /// PQcancel has returned: the signal was given.
    mutating func endCancelling(_ number: UInt64, _ reactor: Reactor) -> Effect {
        guard active?.number == number else { return Effect() }
        active?.isCancelRunning = false
        return active?.pipeline.isFinished == true ? complete(reactor) : Effect()
    }

    private mutating func watchWriting(_ watches: Bool, _ reactor: Reactor) {
        guard watchesWriting != watches, let token, let session, hasDescriptor(session) else { return }
        watchesWriting = watches
        reactor.setWatchesWriting(watches, descriptor, token: token)
    }
}
