import Synchronization

/// How far a transaction sees the work of others (PostgreSQL manual, "Transaction Isolation").
package enum PostgresIsolation: Sendable {
    /// Each statement sees what was committed before it started.
    case readCommitted
    /// All statements see what was committed before the first one.
    case repeatableRead
    /// As if transactions ran one after another; expect `isTransactionConflict` and run again.
    case serializable

    var begin: PostgresStatement {
        switch self {
        case .readCommitted: Self.beginReadCommitted
        case .repeatableRead: Self.beginRepeatableRead
        case .serializable: Self.beginSerializable
        }
    }

    private static let beginReadCommitted = PostgresStatement("BEGIN ISOLATION LEVEL READ COMMITTED", prepared: false)
    private static let beginRepeatableRead = PostgresStatement("BEGIN ISOLATION LEVEL REPEATABLE READ", prepared: false)
    private static let beginSerializable = PostgresStatement("BEGIN ISOLATION LEVEL SERIALIZABLE", prepared: false)
}

/// A transaction in which later statements may depend on earlier results. Made by `PostgresPool.withTransaction`.
///
/// If all statements are known in advance, a `PostgresBatch` needs one round trip only. One request at a time.
package final class PostgresTransaction: Sendable {
    private enum Phase {
        /// Nothing was sent; no connection is held.
        case waiting
        /// A request is under way.
        case busy
        /// BEGIN was sent and went well.
        case open(Connection)
        /// A statement failed; the server refuses everything but ROLLBACK.
        case failed(Connection)
        /// Over, or the connection is lost.
        case ended
    }

    private let pool: PostgresPool
    private let settings: [PostgresSetting]
    private let isolation: PostgresIsolation
    private let workload: PostgresWorkload
    private let phase = Mutex(Phase.waiting)

    init(
        pool: PostgresPool, settings: [PostgresSetting], isolation: PostgresIsolation, workload: PostgresWorkload
    ) {
        self.pool = pool
        self.settings = settings
        self.isolation = isolation
        self.workload = workload
    }

    /// Runs one statement in the transaction.
    package func query(
        _ statement: PostgresStatement, _ values: [PostgresValue] = []
    ) async throws(PostgresError) -> PostgresResult {
        try await query(BoundStatement(statement, values))
    }

    /// Runs one statement with its values in the transaction.
    package func query(_ bound: BoundStatement) async throws(PostgresError) -> PostgresResult {
        let results = try await send(settings: [], [bound])
        guard let result = results.first else { throw PostgresError(.decoding, "no result") }
        return result
    }

    /// Runs several statements in the transaction, in one round trip. Settings of the batch hold until its end.
    package func run(_ batch: PostgresBatch) async throws(PostgresError) -> [PostgresResult] {
        try await send(settings: batch.settings, batch.items)
    }

    private func send(
        settings: [PostgresSetting], _ items: [BoundStatement]
    ) async throws(PostgresError) -> [PostgresResult] {
        let previous = phase.withLock { phase -> Phase in
            let previous = phase
            if case .ended = previous { return previous }
            phase = .busy
            return previous
        }
        switch previous {
        case .waiting:
            return try await start(settings: settings, items)
        case .open(let connection):
            do {
                let request = Request(settings: settings, items: items, inherited: self.settings)
                try request.validate()
                let results = try await perform(request, on: connection)
                phase.withLock { $0 = .open(connection) }
                return results
            } catch {
                phase.withLock { $0 = .failed(connection) }
                throw error
            }
        case .failed(let connection):
            phase.withLock { $0 = .failed(connection) }
            throw PostgresError(.closed, "the transaction has failed")
        case .busy:
            throw PostgresError(.closed, "a transaction takes one request at a time")
        case .ended:
            throw PostgresError(.closed, "the transaction is over")
        }
    }

    /// The first request: BEGIN and the settings are sent with it. As nothing was sent before, it can move to another
    /// connection when the first one is dead.
    private func start(
        settings: [PostgresSetting], _ items: [BoundStatement]
    ) async throws(PostgresError) -> [PostgresResult] {
        let all = pool.settings(self.settings + settings, as: workload)
        let request = Request(begin: isolation.begin, settings: all, items: items, workload: workload)
        do {
            let (results, connection) = try await pool.perform(request, keeps: true)
            phase.withLock { phase in
                if let connection { phase = .open(connection) } else { phase = .ended }
            }
            return results
        } catch {
            // The pool has rolled back by closing, or nothing began.
            phase.withLock { $0 = .ended }
            throw error
        }
    }

    private func perform(
        _ request: Request, on connection: Connection
    ) async throws(PostgresError) -> [PostgresResult] {
        let span = StatementSpan(request, on: pool.traceAttributes)
        let start = MonotonicClock.now()
        let outcome = await connection.perform(request, now: start)
        pool.meter?.performed(workload, since: start, outcome)
        switch outcome {
        case .success(let results):
            span?.succeeded()
            return results
        case .failure(let error):
            span?.failed(error)
            pool.record(error)
            throw error
        }
    }

    // MARK: The end

    private static let commitStatement = PostgresStatement("COMMIT", prepared: false)

    /// Commits. A transaction without statements has nothing to do.
    func commit() async throws(PostgresError) {
        switch end() {
        case .open(let connection):
            let item = BoundStatement(Self.commitStatement)
            let results: [PostgresResult]
            do {
                let commitPoint = workload.changesNothing ? CommitPoint.none : .statement
                results = try await perform(Request(items: [item], commitPoint: commitPoint), on: connection)
            } catch {
                // Canceled before it was sent, for instance.
                if !connection.isReusable { await pool.rollback(connection) }
                pool.release(connection)
                throw error
            }
            pool.release(connection)
            guard results.first?.commandTag == "COMMIT" else {
                throw PostgresError(.closed, "the transaction was rolled back")
            }
        case .failed(let connection):
            await rollback(on: connection)
            throw PostgresError(.closed, "a statement failed, so the transaction was rolled back")
        case .busy:
            throw PostgresError(.closed, "a request is still under way")
        case .waiting, .ended:
            return
        }
    }

    /// Rolls back, also in a canceled task. What cannot be rolled back is closed, which has the same effect.
    func rollback() async {
        switch end() {
        case .open(let connection), .failed(let connection): await rollback(on: connection)
        case .waiting, .busy, .ended: break
        }
    }

    private func rollback(on connection: Connection) async {
        await pool.rollback(connection)
        pool.release(connection)
    }

    private func end() -> Phase {
        phase.withLock { phase in
            defer { phase = .ended }
            return phase
        }
    }
}

extension PostgresPool {
    /// Runs `body` in a transaction: commits when it returns, rolls back when it throws.
    ///
    /// The connection is taken, and BEGIN sent, with the first statement.
    /// - Parameters:
    ///   - settings: Settings for the length of the transaction.
    ///   - isolation: How far it sees the work of others.
    ///   - workload: What it does; decides on its share of the connections.
    /// - Throws: What `body` throws; or `PostgresError` when the commit fails. When the connection is lost during the
    ///   commit, the outcome is unknown (`isOutcomeUnknown`).
    package func withTransaction<Value>(
        settings: [PostgresSetting] = [], isolation: PostgresIsolation = .readCommitted,
        as workload: PostgresWorkload = .write, _ body: (PostgresTransaction) async throws -> Value
    ) async throws -> Value {
        if replicas != nil, !workload.changesNothing { ReplicaReading.current?.usePrimary() }
        let transaction = PostgresTransaction(
            pool: self, settings: settings, isolation: isolation, workload: workload)
        let value: Value
        do {
            value = try await body(transaction)
        } catch {
            await transaction.rollback()
            throw error
        }
        try await transaction.commit()
        return value
    }
}
