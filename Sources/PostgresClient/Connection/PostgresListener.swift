import CLibpq
package import Logging
import Synchronization

/// Listens to channels on a separate connection and connects again, with back-off, for as long as it lives.
///
/// A notification is a wake-up, never the data: one that is sent while there is no connection is lost. So each
/// (re)connection yields `.connected`, after which the consumer should look for work by itself once. It must not go
/// through PgBouncer in transaction mode, which does not pass notifications on: then `listenHost` and `listenPort` lead past it.
package final class PostgresListener: Sendable {
    /// What is heard.
    package enum Event: Sendable, Hashable {
        /// Listening (again): look for what was missed.
        case connected
        /// Somebody notified.
        case notification(channel: String, payload: String)
    }

    /// `@unchecked Sendable`: used under the listener's lock only.
    private struct Session: @unchecked Sendable {
        let raw: OpaquePointer
        let descriptor: Int32
        let token: UInt64
    }

    private enum Phase {
        case waiting(until: Int64)
        case connecting
        case listening(Session)
        case stopped
    }

    private struct State {
        var phase = Phase.waiting(until: .max)
        var failures = 0
        var tickToken: UInt64?
    }

    private let configuration: PostgresConfiguration
    private let channels: [String]
    private let logger: Logger
    private let notices: NoticeLog
    /// Never held while an event is yielded: that takes the lock of the consumer's task, under which a cancellation calls
    /// ``shutdown()``.
    private let state = Mutex(State())
    private let stream: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation

    /// Makes a listener; it connects at the first call of `events()`.
    package init(configuration: PostgresConfiguration, channels: [String], logger: Logger) {
        self.configuration = configuration.forListening
        self.channels = channels
        self.logger = logger
        self.notices = NoticeLog(logger: logger)
        // A consumer that is behind by as much as this looks at everything anyway: the oldest may go.
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(4096))
    }

    /// Starts listening. For one consumer; when that ends (or its task is canceled), so does the listener.
    package func events() -> AsyncStream<Event> {
        let isFirst = state.withLock { state in
            guard case .waiting(until: .max) = state.phase, state.tickToken == nil else { return false }
            state.tickToken = Reactor.shared.register(self)
            state.phase = .connecting
            return true
        }
        if isFirst {
            continuation.onTermination = { [weak self] _ in self?.shutdown() }
            connect()
        }
        return stream
    }

    /// Whether it is listening now.
    package var isConnected: Bool {
        state.withLock { state in
            if case .listening = state.phase { return true }
            return false
        }
    }

    /// Closes the connection and ends the stream of events.
    package func shutdown() {
        let token = state.withLock { state in
            if case .listening(let session) = state.phase { Self.close(session) }
            state.phase = .stopped
            defer { state.tickToken = nil }
            return state.tickToken
        }
        if let token { Reactor.shared.deregister(token) }
        continuation.finish()
    }

    // MARK: Connecting

    private func connect() {
        let isStarted = BlockingThread.start { [self] in
            switch configuration.open(notices: notices) {
            case .success(let opened): listen(opened)
            case .failure(let error): retry(error)
            }
        }
        if !isStarted { retry(PostgresError(.connection, "the system has no more threads")) }
    }

    private func listen(_ opened: OpenedConnection) {
        let raw = opened.raw
        let commands = channels.map { channel in
            let name = channel.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
            return "LISTEN \"\(name)\""
        }
        let result = PQexec(raw, commands.joined(separator: ";"))
        let isListening = [PGRES_COMMAND_OK, PGRES_EMPTY_QUERY].contains(PQresultStatus(result))
        let error = result.map { PostgresError.from(result: $0) }
        PQclear(result)
        guard isListening, PQsetnonblocking(raw, 1) == 0 else {
            PQfinish(raw)
            return retry(error ?? PostgresError(.connection, "cannot listen"))
        }
        // Before notifications are received, so that it comes first.
        continuation.yield(.connected)
        let isAdopted = state.withLock { state in
            guard case .connecting = state.phase else { return false }
            let descriptor = PQsocket(raw)
            guard let token = Reactor.shared.register(self, descriptor: descriptor) else { return false }
            state.failures = 0
            state.phase = .listening(Session(raw: raw, descriptor: descriptor, token: token))
            return true
        }
        if !isAdopted {
            PQfinish(raw)
            retry(PostgresError(.connection, "the system has no more descriptors"))
        }
    }

    private func retry(_ error: PostgresError) {
        let isStopped = state.withLock { state in
            guard case .connecting = state.phase else { return true }
            let delay = min(Int64(100_000_000) << min(state.failures, 6), 5_000_000_000)
            state.failures += 1
            state.phase = .waiting(until: MonotonicClock.now() + delay)
            return false
        }
        if !isStopped {
            logger.warning(
                "PostgreSQL listener has no connection",
                metadata: ["reason": "\(error.kind == .connection ? error.serverMessage ?? "\(error)" : "\(error)")"])
        }
    }

    private static func close(_ session: Session) {
        // When the peer hangs up, libpq closes the descriptor by itself, and the number may soon be another's.
        let isOurs = PQsocket(session.raw) == session.descriptor
        Reactor.shared.deregister(session.token, descriptor: isOurs ? session.descriptor : nil)
        PQfinish(session.raw)
    }
}

extension PostgresListener: ReactorClient {
    func ready(_ event: PollEvent) {
        let (received, isLost) = state.withLock { state in
            var received: [Event] = []
            guard case .listening(let session) = state.phase else { return (received, false) }
            // Twice, because TLS may hold bytes that no longer make the socket readable.
            for _ in 0..<(PQsslInUse(session.raw) == 0 ? 1 : 2) {
                guard PQconsumeInput(session.raw) == 1 else {
                    Self.close(session)
                    state.phase = .waiting(until: 0)
                    return (received, true)
                }
                received += Self.notifications(of: session)
            }
            return (received, false)
        }
        for event in received { continuation.yield(event) }
        if isLost { logger.warning("PostgreSQL listener lost its connection") }
    }

    func tick(now: Int64) {
        let isDue = state.withLock { state in
            guard case .waiting(let until) = state.phase, now >= until else { return false }
            state.phase = .connecting
            return true
        }
        if isDue { connect() }
    }

    private static func notifications(of session: Session) -> [Event] {
        var events: [Event] = []
        while let raw = PQnotifies(session.raw) {
            let channel = String(cString: raw.pointee.relname)
            let payload = String(cString: raw.pointee.extra)
            PQfreemem(raw)
            events.append(.notification(channel: channel, payload: payload))
        }
        return events
    }
}
