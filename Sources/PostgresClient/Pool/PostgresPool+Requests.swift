/// Running requests: on some connection, all or nothing, again where that cannot have an effect twice.
extension PostgresPool {
    /// Runs one statement.
    /// - Parameters:
    ///   - statement: The statement.
    ///   - values: Its parameters.
    ///   - settings: Settings for its transaction, which consists of this statement.
    ///   - workload: What it does.
    /// - Throws: See `run`.
    package func query(
        _ statement: PostgresStatement, _ values: [PostgresValue] = [], settings: [PostgresSetting] = [],
        as workload: PostgresWorkload = .write
    ) async throws(PostgresError) -> PostgresResult {
        try await query(BoundStatement(statement, values), settings: settings, as: workload)
    }

    /// Runs one statement with its values; see the method above.
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
    ///   everything had been sent and before the response had arrived.
    package func run(
        _ batch: PostgresBatch, as workload: PostgresWorkload = .write
    ) async throws(PostgresError) -> [PostgresResult] {
        if batch.items.isEmpty, batch.settings.isEmpty { return [] }
        if let replicas, let results = try await read(batch, as: workload, from: replicas) { return results }
        return try await send(batch, as: workload)
    }

    /// Runs a batch here, whatever replicas there are.
    func send(_ batch: PostgresBatch, as workload: PostgresWorkload) async throws(PostgresError) -> [PostgresResult] {
        let request = Request(
            settings: settings(of: batch, as: workload), items: batch.items, workload: workload,
            commitPoint: workload.changesNothing ? .none : .end)
        return try await perform(request).0
    }

    /// Has a replica answer what it may answer.
    /// - Returns: Nil when the primary has to answer.
    private func read(
        _ batch: PostgresBatch, as workload: PostgresWorkload, from replicas: ReadReplicas
    ) async throws(PostgresError) -> [PostgresResult]? {
        let reading = ReplicaReading.current
        guard workload.changesNothing else {
            // What the request reads from here on must show what it has written.
            reading?.usePrimary()
            return nil
        }
        guard let reading else {
            replicas.countPrimary()
            return nil
        }
        return try await replicas.run(batch, as: workload, for: reading)
    }

    /// Whether replicas may answer in its place.
    package var hasReplicas: Bool { replicas != nil }

    /// The place in the log behind everything that has been written until now; nil without replicas, and when the database does not
    /// say it.
    package func writePosition() async -> WritePosition? { await replicas?.position(asking: self) }

    /// Runs a request on a connection and returns the connection to the pool, unless `keeps` is true.
    func perform(
        _ request: Request, keeps: Bool = false
    ) async throws(PostgresError) -> ([PostgresResult], Connection?) {
        guard let span = StatementSpan(request, on: traceAttributes) else {
            return try await attempt(request, keeps: keeps)
        }
        do {
            let outcome = try await attempt(request, keeps: keeps)
            span.succeeded()
            return outcome
        } catch {
            span.failed(error)
            throw error
        }
    }

    private func attempt(
        _ request: Request, keeps: Bool
    ) async throws(PostgresError) -> ([PostgresResult], Connection?) {
        try request.validate()
        var attempts = 0
        while true {
            let (connection, idleSince) = try await lease(request.workload.lane)
            // The statements' deadline begins here: the wait for a connection has a separate one.
            let start = MonotonicClock.now()
            let outcome = await connection.perform(request, now: start, idleSince: idleSince)
            meter?.performed(request.workload, since: start, outcome)
            switch outcome {
            case .success(let results):
                if keeps { return (results, connection) }
                release(connection)
                return (results, nil)
            case .failure(let error):
                record(error)
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

    /// Ends a transaction that has failed, also in a canceled task. When that fails, the connection is not clean and
    /// the pool closes it, which has the same effect.
    func rollback(_ connection: Connection) async {
        guard connection.isOpen else { return }
        let item = BoundStatement(Self.rollbackStatement)
        _ = await connection.perform(Request(items: [item]), now: MonotonicClock.now(), isShielded: true)
    }

    private static let rollbackStatement = PostgresStatement("ROLLBACK", prepared: false)

    /// Behind a pooler schema and timeouts are set in each transaction; but a bare utility command
    /// (`prepared: false` without settings) stays alone, since CREATE DATABASE must be the only command of its transaction.
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
}
