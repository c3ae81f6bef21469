package import Logging
import Primitives
import Synchronization
import TraceRecording

/// The connections of a process to one database, opened when needed and shared by all tasks.
///
/// A request takes a connection, sends, waits for its outcome and returns the connection; a caller that finds none free
/// waits in a bounded queue. Broken connections are replaced; while the server is away new ones are tried with back-off, so the
/// pool recovers by itself. A request that could not be sent at all is repeated on another connection. Searches use a
/// share of the connections only, so that a few slow ones leave the rest to other requests.
package final class PostgresPool: Sendable {
    /// The numbers of connections and of callers waiting.
    package struct Status: Sendable, Hashable {
        /// Connections that are open.
        package let open: Int
        /// Of these, the ones that are not in use.
        package let idle: Int
        /// Of these, the ones in use.
        package let leased: Int
        /// Callers that wait for a connection.
        package let waiting: Int
    }

    enum Lease: Sendable {
        case granted(Connection, idleSince: Int64)
        case refused(PostgresError)
    }

    typealias Waiter = UnsafeContinuation<Lease, Never>

    private struct State {
        var pool: PoolState<Connection, Waiter>
        var nextWaiter: UInt64 = 0
        /// All open connections, which a shutdown may have to close.
        var connections: [ObjectIdentifier: Connection] = [:]
        var tickToken: UInt64?
        var drained: [UnsafeContinuation<Void, Never>] = []
        var drainDeadline: Int64 = .max

        /// The callers that wait for the end of the shutdown, once it is reached.
        mutating func takeDrained() -> [UnsafeContinuation<Void, Never>] {
            guard pool.isShutDown, pool.isDrained, !drained.isEmpty else { return [] }
            defer { drained = [] }
            return drained
        }
    }

    package let name: String
    /// How the pool connects, and its limits.
    package let configuration: PostgresConfiguration
    private let logger: Logger
    private let notices: NoticeLog
    /// What spans of all statements say.
    let traceAttributes: [Attribute]
    /// The stricter limits of searches, written once; nil where the session's own limit is no longer.
    let searchLimit: PostgresSetting?
    let patternLimit: PostgresSetting?
    private let state: Mutex<State>
    let meter: PoolMeter?
    /// Who may answer reads in its place; nil without replicas.
    let replicas: ReadReplicas?
    /// When the server last refused a request because its disk was full, in the time of `MonotonicClock`; 0 if never.
    private let diskWasFullAt = Atomic<Int64>(0)

    /// Makes a pool; the first connection is opened when the first request comes.
    /// - Parameters:
    ///   - name: As metrics name it, `a-z` and `_`. Pools with the same name are counted together.
    ///   - replicas: Replicas of the same database, which may answer what a request reads.
    package init(
        _ name: String = "other", configuration: PostgresConfiguration, replicas: ReadReplicas? = nil, logger: Logger
    ) {
        self.name = name
        self.replicas = replicas
        meter = PoolMeter(pool: name)
        self.configuration = configuration
        self.logger = logger
        self.notices = NoticeLog(logger: logger)
        self.traceAttributes = StatementSpan.attributes(configuration)
        self.searchLimit = PostgresWorkload.search.statementTimeout(configuration).map { .statementTimeout($0) }
        self.patternLimit = PostgresWorkload.patternSearch.statementTimeout(configuration).map { .statementTimeout($0) }
        let limits = PoolState<Connection, Waiter>.Limits(
            maximum: configuration.maximumConnections, maximumWaiters: configuration.maximumWaiters,
            maximumSearches: configuration.maximumSearchConnections,
            connectionTimeout: configuration.connectionTimeout.nanoseconds,
            idleTimeout: configuration.idleTimeout.nanoseconds)
        self.state = Mutex(State(pool: PoolState(limits: limits)))
        let token = Reactor.shared.register(PoolTicker(self))
        state.withLock { $0.tickToken = token }
    }

    deinit {
        let (token, connections) = state.withLock { ($0.tickToken, Array($0.connections.values)) }
        if let token { Reactor.shared.deregister(token) }
        for connection in connections { connection.close() }
    }

    /// How many connections are open, idle and in use, and how many callers wait.
    package var status: Status {
        state.withLock { state in
            Status(
                open: state.pool.open, idle: state.pool.idleCount, leased: state.pool.leased,
                waiting: state.pool.waiting)
        }
    }

    /// Whether the last attempts to connect have failed and no connection works: then callers may be refused at once.
    package var isUnreachable: Bool { state.withLock { $0.pool.isUnreachable } }

    /// Whether the server has refused a request within the last minute because its disk is full. Reads may still succeed.
    package var isDiskFull: Bool {
        let instant = diskWasFullAt.load(ordering: .relaxed)
        return instant != 0 && MonotonicClock.now() - instant < Duration.seconds(60).nanoseconds
    }

    /// Remembers what an error says about the server.
    func record(_ error: PostgresError) {
        if error.sqlState == .diskFull { diskWasFullAt.store(MonotonicClock.now(), ordering: .relaxed) }
    }

    // MARK: Leasing

    /// Takes a connection, or waits for one.
    func lease(_ lane: PoolLane) async throws(PostgresError) -> (Connection, idleSince: Int64) {
        if let lease = state.withLock({ $0.pool.lease(lane) }) { return lease }
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let start = meter == nil ? 0 : MonotonicClock.now()
        defer { meter?.waited(since: start) }
        let lease = await withTaskCancellationHandler {
            await withUnsafeContinuation { (waiter: Waiter) in admit(waiter, id: id, lane) }
        } onCancel: {
            let waiter = state.withLock { $0.pool.withdraw(id) }
            waiter?.resume(returning: .refused(PostgresError(.cancelled, "while waiting for a connection")))
        }
        switch lease {
        case .granted(let connection, let idleSince): return (connection, idleSince)
        case .refused(let error): throw error
        }
    }

    private func admit(_ waiter: Waiter, id: UInt64, _ lane: PoolLane) {
        let action = state.withLock { state -> PoolState<Connection, Waiter>.LeaseAction in
            // Under the lock, so that the cancellation handler either finds the waiter or has run before.
            if Task.isCancelled { return .refuse(PostgresError(.cancelled, "while waiting for a connection")) }
            return state.pool.admit(waiter, id: id, lane: lane, now: MonotonicClock.now())
        }
        switch action {
        case .grant(let connection, let idleSince):
            waiter.resume(returning: .granted(connection, idleSince: idleSince))
        case .refuse(let error): waiter.resume(returning: .refused(error))
        case .wait(let opens): open(opens)
        }
    }

    /// Returns a connection.
    func release(_ connection: Connection) {
        let isReusable = connection.isReusable
        let now = MonotonicClock.now()
        if !isReusable, connection.isDemoted { retire(with: connection, now: now) }
        let (action, drained) = state.withLock { state in
            let action = state.pool.release(connection, isReusable: isReusable, now: now)
            if action.closes { state.connections[ObjectIdentifier(connection)] = nil }
            return (action, state.takeDrained())
        }
        perform(action, on: connection)
        for continuation in drained { continuation.resume() }
    }

    /// The server was demoted or was never the primary, so it refuses writes on every connection: all of them are replaced.
    private func retire(with connection: Connection, now: Int64) {
        switch configuration.targetServer {
        // No caller expects to write here.
        case .readOnly, .standby, .preferStandby: return
        case .any, .readWrite, .primary: break
        }
        let connections = state.withLock { state in
            let connections = state.pool.retire(with: connection, now: now)
            for connection in connections ?? [] { state.connections[ObjectIdentifier(connection)] = nil }
            return connections
        }
        guard let connections else { return }
        logger.warning("PostgreSQL refuses writes (25006): reconnecting, the primary may be another server now")
        for connection in connections { connection.close() }
    }

    private func perform(_ action: PoolState<Connection, Waiter>.ReturnAction, on connection: Connection) {
        if let grant = action.grant {
            grant.waiter.resume(returning: .granted(grant.resource, idleSince: grant.idleSince))
        }
        if action.closes { connection.close() }
        open(action.opens)
    }

    // MARK: Opening

    private func open(_ count: Int) {
        for _ in 0..<count {
            let isStarted = BlockingThread.start { [self] in
                switch configuration.open(notices: notices) {
                case .success(let opened): adopt(opened)
                case .failure(let error): openFailed(error)
                }
            }
            if !isStarted {
                openFailed(PostgresError(.connection, "the system has no more threads", isRetryable: true))
            }
        }
    }

    private func adopt(_ opened: OpenedConnection) {
        let now = MonotonicClock.now()
        let age = configuration.maximumAge.nanoseconds
        let expiresAt = now + age - Int64.random(in: 0...age / 10)
        let connection = Connection(opened, configuration: configuration, openedAt: now, expiresAt: expiresAt) {
            [weak self] in self?.closedByItself($0)
        }
        guard let connection else {
            return openFailed(PostgresError(.connection, "the system has no more descriptors", isRetryable: true))
        }
        let (action, drained) = state.withLock { state in
            let action = state.pool.opened(connection, now: now)
            if !action.closes { state.connections[ObjectIdentifier(connection)] = connection }
            return (action, state.takeDrained())
        }
        perform(action, on: connection)
        for continuation in drained { continuation.resume() }
        if !connection.isOpen { closedByItself(connection) }
    }

    private func openFailed(_ error: PostgresError) {
        // libpq's message names host, port, user and database; no data and no password.
        logger.warning("PostgreSQL connection failed", metadata: ["reason": "\(error.serverMessage ?? error.reason)"])
        let (actions, drained) = state.withLock { state in
            (state.pool.openFailed(error, now: MonotonicClock.now()), state.takeDrained())
        }
        perform(actions)
        for continuation in drained { continuation.resume() }
    }

    private func closedByItself(_ connection: Connection) {
        state.withLock { state in
            if state.pool.removeIdle(connection) { state.connections[ObjectIdentifier(connection)] = nil }
        }
    }

    // MARK: Deadlines and shutdown

    /// Checks the deadlines of waiting callers, of idle connections and of a shutdown.
    func tick(now: Int64) {
        let (actions, overdue) = state.withLock { state -> (PoolState<Connection, Waiter>.TickActions, [Connection]?) in
            let actions = state.pool.tick(now: now)
            for connection in actions.close { state.connections[ObjectIdentifier(connection)] = nil }
            let isOverdue = now >= state.drainDeadline && !state.drained.isEmpty
            return (actions, isOverdue ? Array(state.connections.values) : nil)
        }
        perform(actions)
        guard let overdue else { return }
        for connection in overdue { connection.close(PostgresError(.closed, "the pool is shut down")) }
        let drained = state.withLock { state in
            defer { state.drained = [] }
            return state.drained
        }
        for continuation in drained { continuation.resume() }
    }

    private func perform(_ actions: PoolState<Connection, Waiter>.TickActions) {
        for (waiter, error) in actions.refuse { waiter.resume(returning: .refused(error)) }
        for connection in actions.close { connection.close() }
        open(actions.opens)
    }

    /// Refuses new requests, lets current ones end, and closes all connections.
    /// - Parameter patience: After this time connections that are still in use are closed too.
    package func shutdown(patience: Duration = .seconds(5)) async {
        let deadline = MonotonicClock.now() + patience.nanoseconds
        let actions = state.withLock { state in
            state.drainDeadline = min(state.drainDeadline, deadline)
            let actions = state.pool.shutDown()
            for connection in actions.close { state.connections[ObjectIdentifier(connection)] = nil }
            return actions
        }
        perform(actions)
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let isOver = state.withLock { state in
                // Without ticks an earlier shutdown has given up what is still in use, and nothing would end the wait.
                if state.pool.isDrained || state.tickToken == nil { return true }
                state.drained.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
        let token = state.withLock { state -> UInt64? in
            guard state.drained.isEmpty else { return nil }
            defer { state.tickToken = nil }
            return state.tickToken
        }
        if let token { Reactor.shared.deregister(token) }
    }
}

extension Connection: PooledResource {}
