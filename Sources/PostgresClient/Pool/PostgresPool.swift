package import Logging
import Primitives
import Synchronization

/// The connections of a process to one database, opened when needed and shared by all tasks.
///
/// A request takes a connection, sends, waits for its outcome and gives the connection back; who finds none free waits in
/// a bounded queue. Broken connections are replaced; while the server is away new ones are tried with back-off, so the
/// pool recovers by itself. A request that could not be sent at all is repeated on another connection. Searches use a
/// share of the connections only, so that a few slow ones leave the others to everybody else.
package final class PostgresPool: Sendable {
    /// The numbers of connections and of callers waiting.
    package struct Status: Sendable, Hashable {
        /// Connections that are open.
        package let open: Int
        /// Of these, the ones nobody uses.
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
        /// All that are open, to be closed if need be at the end of a shutdown.
        var connections: [ObjectIdentifier: Connection] = [:]
        var tickToken: UInt64?
        var drained: [UnsafeContinuation<Void, Never>] = []
        var drainDeadline: Int64 = .max

        /// Those who wait for the end of the shutdown, when it has come.
        mutating func takeDrained() -> [UnsafeContinuation<Void, Never>] {
            guard pool.isShutDown, pool.isDrained, !drained.isEmpty else { return [] }
            defer { drained = [] }
            return drained
        }
    }

    let configuration: PostgresConfiguration
    private let logger: Logger
    private let notices: NoticeLog
    /// The stricter limits of searches, written once; nil where the session's own limit is no longer.
    private let searchLimit: PostgresSetting?
    private let patternLimit: PostgresSetting?
    private let state: Mutex<State>

    /// Makes a pool; the first connection is opened when the first request comes.
    package init(configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        self.notices = NoticeLog(logger: logger)
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

    /// Whether the last attempts to connect have failed and no connection works: callers may be refused at once then.
    package var isUnreachable: Bool { state.withLock { $0.pool.isUnreachable } }

    // MARK: Requests

    /// Runs one statement.
    /// - Parameters:
    ///   - statement: The statement.
    ///   - values: Its parameters.
    ///   - settings: Settings for its transaction; with them it is a transaction of its own all the same.
    ///   - workload: What it does.
    /// - Throws: See `run`.
    package func query(
        _ statement: PostgresStatement, _ values: [PostgresValue] = [], settings: [PostgresSetting] = [],
        as workload: PostgresWorkload = .write
    ) async throws(PostgresError) -> PostgresResult {
        try await query(BoundStatement(statement, values), settings: settings, as: workload)
    }

    /// Runs one statement with its values; otherwise like the method above.
    package func query(
        _ bound: BoundStatement, settings: [PostgresSetting] = [], as workload: PostgresWorkload = .write
    ) async throws(PostgresError) -> PostgresResult {
        let results = try await run(PostgresBatch(settings: settings, bound), as: workload)
        guard let result = results.first else { throw PostgresError(.decoding, "no result") }
        return result
    }

    /// Runs a batch: all of it or nothing, in one round trip.
    /// - Parameter workload: What the statements do.
    /// - Returns: The results, in the order in which the statements were added.
    /// - Throws: `PostgresError`. Nothing was changed then, unless `isOutcomeUnknown`: the connection was lost after
    ///   everything had been sent and before the answer had arrived.
    package func run(
        _ batch: PostgresBatch, as workload: PostgresWorkload = .write
    ) async throws(PostgresError) -> [PostgresResult] {
        if batch.items.isEmpty, batch.settings.isEmpty { return [] }
        let request = Request(
            settings: settings(of: batch, as: workload), items: batch.items, workload: workload,
            commitPoint: workload.changesNothing ? .none : .end)
        return try await perform(request).0
    }

    /// Runs a request on some connection and gives the connection back, unless `keeps` it leased.
    func perform(
        _ request: Request, keeps: Bool = false
    ) async throws(PostgresError) -> ([PostgresResult], Connection?) {
        try request.validate()
        var attempts = 0
        while true {
            let (connection, idleSince) = try await lease(request.workload.lane)
            // The statements' deadline begins here: the wait for a connection has one of its own.
            switch await connection.perform(request, now: MonotonicClock.now(), idleSince: idleSince) {
            case .success(let results):
                if keeps { return (results, connection) }
                release(connection)
                return (results, nil)
            case .failure(let error):
                if request.begin != nil { await rollback(connection) }
                release(connection)
                guard attempts < repetitions(after: error) else { throw error }
                attempts += 1
            }
        }
    }

    /// How often a request is repeated for an error without an effect: an idle connection turned out to be dead, its
    /// prepared statements useless, or its server no longer the primary.
    private func repetitions(after error: PostgresError) -> Int {
        if error.isRetryable || error.isStaleStatement { return configuration.maximumConnections + 1 }
        return error.sqlState == .readOnlyTransaction ? 1 : 0
    }

    /// Ends a transaction that has failed, also in a cancelled task. When that fails, the connection is not clean and
    /// the pool closes it, which has the same effect.
    func rollback(_ connection: Connection) async {
        guard connection.isOpen else { return }
        let item = BoundStatement(Self.rollbackStatement)
        _ = await connection.perform(Request(items: [item]), now: MonotonicClock.now(), isShielded: true)
    }

    private static let rollbackStatement = PostgresStatement("ROLLBACK", prepared: false)

    /// Behind a pooler schema and timeouts are set in each transaction; but a bare utility command
    /// (`prepared: false` without settings) stays alone, since CREATE DATABASE refuses company.
    private func settings(of batch: PostgresBatch, as workload: PostgresWorkload) -> [PostgresSetting] {
        let isBareCommand = batch.settings.isEmpty && batch.count == 1 && !batch.items[0].statement.isPrepared
        if isBareCommand, workload.limit == .statement { return [] }
        return settings(batch.settings, as: workload)
    }

    /// What is set at the beginning of a transaction.
    func settings(_ given: [PostgresSetting], as workload: PostgresWorkload) -> [PostgresSetting] {
        var settings = given
        let limit: PostgresSetting?
        switch workload.limit {
        case .statement: limit = nil
        case .search: limit = searchLimit
        case .pattern: limit = patternLimit
        }
        if let limit, !settings.contains(where: { $0.name == limit.name }) { settings.append(limit) }
        if configuration.usesPreparedStatements { return settings }
        return configuration.sessionSettings.map { PostgresSetting($0.0, $0.1) } + settings
    }

    // MARK: Leasing

    private func lease(_ lane: PoolLane) async throws(PostgresError) -> (Connection, idleSince: Int64) {
        if let lease = state.withLock({ $0.pool.lease(lane) }) { return lease }
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
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

    /// Gives a connection back.
    func release(_ connection: Connection) {
        let isReusable = connection.isReusable
        let now = MonotonicClock.now()
        if !isReusable, connection.isDemoted { retire(now: now) }
        let (action, drained) = state.withLock { state in
            let action = state.pool.release(connection, isReusable: isReusable, now: now)
            if action.closes { state.connections[ObjectIdentifier(connection)] = nil }
            return (action, state.takeDrained())
        }
        perform(action, on: connection)
        for continuation in drained { continuation.resume() }
    }

    /// The server refuses writes since it was demoted, or this was never the primary: so do the other connections to it.
    private func retire(now: Int64) {
        switch configuration.targetServer {
        // Here nobody expects to write.
        case .readOnly, .standby, .preferStandby: return
        case .any, .readWrite, .primary: break
        }
        let connections = state.withLock { state in
            let connections = state.pool.retire(now: now)
            for connection in connections { state.connections[ObjectIdentifier(connection)] = nil }
            return connections
        }
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
            if !isStarted { openFailed(PostgresError(.connection, "no thread to be had", isRetryable: true)) }
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
            return openFailed(PostgresError(.connection, "no descriptor to be had", isRetryable: true))
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
        // libpq's words name host, port, user and database; no data and no password.
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

    /// Looks at the deadlines of those who wait, of idle connections and of a shutdown.
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

    /// Refuses new requests, lets those under way end, and closes all connections.
    /// - Parameter patience: After this time connections still in use are closed under their users.
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
            let isDrained = state.withLock { state in
                if state.pool.isDrained { return true }
                state.drained.append(continuation)
                return false
            }
            if isDrained { continuation.resume() }
        }
        let token = state.withLock { state in
            defer { state.tickToken = nil }
            return state.tickToken
        }
        if let token { Reactor.shared.deregister(token) }
    }
}

extension Connection: PooledResource {}
