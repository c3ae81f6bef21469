package import ConfigurationChecks
import CoreMetrics
package import Logging
import Primitives
import Synchronization

/// The replicas of a database, and which of them may answer whom.
///
/// A replica answers a client only when it has replayed everything that this client has written. That is decided twice: before, by
/// what the replica has said last, and with the read itself, by a statement in front of it in the same round trip. Whatever goes
/// wrong, the primary answers.
package final class ReadReplicas: Sendable {
    /// What metrics and readiness say about a replica.
    package struct Report: Sendable {
        package let address: ServerAddress
        package let standing: ReplicaStanding
        /// Nil if it is not known.
        package let lag: Duration?
    }

    private struct Replica: Sendable {
        let address: ServerAddress
        let pool: PostgresPool
        let checkPool: PostgresPool
    }

    private struct State {
        var systemIdentifier: Int64?
        var progress: PrimaryProgress
        var statuses: [ReplicaStatus]
        var turn = 0
    }

    package let configuration: ReplicaConfiguration
    private let primaryPool: PostgresPool
    private let replicas: [Replica]
    private let logger: Logger
    private let meter: ReplicaMeter?
    private let state: Mutex<State>

    /// - Parameter primary: How to reach the primary. The replicas are reached in the same way.
    package init(_ configuration: ReplicaConfiguration, primary: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        meter = ReplicaMeter()
        primaryPool = PostgresPool("replica_checks", configuration: primary.checking(), logger: logger)
        replicas = configuration.addresses.map { address in
            var reading = primary.at(address)
            reading.maximumConnections = configuration.maximumConnections ?? primary.maximumConnections
            reading.applicationName += " reads"
            // One that was promoted is of no use, and nobody expects to write there.
            reading.targetServer = .standby
            // Whoever waits here in vain still has to ask the primary.
            reading.connectionTimeout = min(reading.connectionTimeout, .seconds(1))
            return Replica(
                address: address, pool: PostgresPool("replicas", configuration: reading, logger: logger),
                checkPool: PostgresPool(
                    "replica_checks", configuration: primary.at(address).checking(), logger: logger))
        }
        state = Mutex(
            State(
                progress: PrimaryProgress(horizon: configuration.maximumLag),
                statuses: replicas.map { _ in ReplicaStatus() }))
    }

    /// All connections, for metrics.
    package var pools: [PostgresPool] { [primaryPool] + replicas.flatMap { [$0.pool, $0.checkPool] } }

    /// What is known about each replica.
    package var reports: [Report] {
        let statuses = state.withLock { $0.statuses }
        return zip(replicas, statuses).map { Report(address: $0.address, standing: $1.standing, lag: $1.lag) }
    }

    /// Closes all connections.
    package func shutdown() async {
        for pool in pools { await pool.shutdown() }
    }

    // MARK: Checking

    /// Asks the primary, then all replicas: once, or at an interval.
    package func check() async {
        if let row = try? await primaryPool.query(ReplicaStatements.primary, as: .read).first,
            let identifier = try? row.int64(0), let timeline = try? row.int64(1), let place = try? row.int64(2)
        {
            let now = ContinuousClock.now
            state.withLock { state in
                state.systemIdentifier = identifier
                state.progress.record(
                    timeline: UInt32(truncatingIfNeeded: timeline), place: UInt64(bitPattern: place), at: now)
            }
        }
        await withTaskGroup(of: Void.self) { group in
            for index in replicas.indices { group.addTask { await self.check(index) } }
        }
    }

    private func check(_ index: Int) async {
        let observation = try? await Self.observe(replicas[index].checkPool)
        let now = ContinuousClock.now
        let (before, after) = state.withLock { state -> (ReplicaStanding, ReplicaStanding) in
            let before = state.statuses[index].standing
            if let observation, let identifier = state.systemIdentifier {
                state.statuses[index].observe(
                    observation, of: identifier, progress: state.progress, maximumLag: configuration.maximumLag,
                    at: now)
            } else if observation == nil {
                state.statuses[index].fail()
            }
            return (before, state.statuses[index].standing)
        }
        report(index, before, after)
    }

    private static func observe(_ pool: PostgresPool) async throws -> ReplicaObservation? {
        guard let row = try await pool.query(ReplicaStatements.replica, as: .read).first else { return nil }
        return ReplicaObservation(
            systemIdentifier: try row.int64(0),
            replayed: try row.int64IfPresent(1).map { UInt64(bitPattern: $0) },
            timeline: UInt32(truncatingIfNeeded: try row.int64(2)), startedAt: try row.timestamp(3).microseconds)
    }

    private func report(_ index: Int, _ before: ReplicaStanding, _ after: ReplicaStanding) {
        guard before != after else { return }
        let metadata: Logger.Metadata = [
            "replica": "\(replicas[index].address)", "reason": "\(after.rawValue)",
        ]
        if after == .usable {
            logger.info("A read replica is used", metadata: metadata)
        } else {
            logger.warning("A read replica is left out", metadata: metadata)
        }
    }

    // MARK: Positions

    /// The place in the log behind everything that was written until now, by a client that was answered or is about to be. Nil when
    /// the primary cannot be asked.
    func position(asking pool: PostgresPool) async -> WritePosition? {
        guard !pool.isUnreachable, let row = try? await pool.send(Self.asking, as: .read).first?.first,
            let identifier = try? row.int64(0), let timeline = try? row.int64(1), let place = try? row.int64(2)
        else { return nil }
        return WritePosition(
            systemIdentifier: identifier, timeline: UInt32(truncatingIfNeeded: timeline),
            place: UInt64(bitPattern: place))
    }

    private static let asking = PostgresBatch(settings: [], BoundStatement(ReplicaStatements.primary))

    // MARK: Reading

    /// Runs a batch that changes nothing on a replica.
    /// - Returns: Nil when the primary has to answer.
    /// - Throws: What the primary would throw, too: a canceled task, and a statement that takes too long.
    func run(
        _ batch: PostgresBatch, as workload: PostgresWorkload, for reading: ReplicaReading
    ) async throws(PostgresError) -> [PostgresResult]? {
        guard let (index, required) = choose(for: reading) else {
            meter?.primary.increment()
            return nil
        }
        var guarded = PostgresBatch(settings: batch.settings)
        guarded.add(BoundStatement(ReplicaStatements.guarding))
        guarded.add(contentsOf: batch.items)
        do throws(PostgresError) {
            let results = try await replicas[index].pool.run(guarded, as: workload)
            if isConfirmed(index, results.first?.first, required) {
                meter?.replica.increment()
                return Array(results.dropFirst())
            }
        } catch {
            if error.kind == .cancelled { throw error }
            if error.sqlState == .queryCanceled {
                var error = error
                error.statementIndex = error.statementIndex.map { max(0, $0 - 1) }
                throw error
            }
            // Gone, promoted, behind with its tables, or in conflict with what it replays: the primary knows better.
            if error.isOfServer { fail(index) }
        }
        reading.usePrimary()
        meter?.repeated.increment()
        return nil
    }

    /// Counts a read that no replica may answer.
    func countPrimary() { meter?.primary.increment() }

    private func choose(for reading: ReplicaReading) -> (Int, WritePosition)? {
        state.withLock { state in
            guard let identifier = state.systemIdentifier,
                let required = reading.required(of: WritePosition.digest(identifier))
            else { return nil }
            let chosen = reading.choose {
                let count = state.statuses.count
                state.turn = count == 0 ? 0 : (state.turn + 1) % count
                return (0..<count).map { (state.turn + $0) % count }
                    .first { state.statuses[$0].mayAnswer(required) }
            }
            return chosen.map { ($0, required) }
        }
    }

    private func isConfirmed(_ index: Int, _ row: PostgresRow?, _ required: WritePosition) -> Bool {
        guard let row, let startedAt = try? row.timestamp(1).microseconds, let place = try? row.int64IfPresent(0)
        else {
            // NULL is a server that is no replica any more.
            let startedAt = row.flatMap { try? $0.timestamp(1).microseconds } ?? 0
            return confirm(index, nil, startedAt, required)
        }
        return confirm(index, UInt64(bitPattern: place), startedAt, required)
    }

    private func confirm(_ index: Int, _ place: UInt64?, _ startedAt: Int64, _ required: WritePosition) -> Bool {
        let (isConfirmed, before, after) = state.withLock { state in
            let before = state.statuses[index].standing
            let isConfirmed = state.statuses[index].confirm(place, startedAt: startedAt, required: required)
            return (isConfirmed, before, state.statuses[index].standing)
        }
        report(index, before, after)
        return isConfirmed
    }

    private func fail(_ index: Int) {
        let before = state.withLock { state in
            defer { state.statuses[index].fail() }
            return state.statuses[index].standing
        }
        report(index, before, .unreachable)
    }
}

extension PostgresError {
    /// Whether the server is away or about to be, and not only one request has failed.
    fileprivate var isOfServer: Bool {
        switch kind {
        case .connection, .timeout: true
        case .server(let state): state.errorClass == "08" || state.errorClass == "53" || state.code.hasPrefix("57P")
        default: false
        }
    }
}

extension PostgresConfiguration {
    /// The same database at another server, whatever that server is.
    fileprivate func at(_ address: ServerAddress) -> PostgresConfiguration {
        var configuration = self
        configuration.host = address.host
        configuration.port = String(address.port)
        configuration.targetServer = .any
        return configuration
    }

    /// One connection on which a late answer is useless.
    fileprivate func checking() -> PostgresConfiguration {
        var configuration = self
        configuration.maximumConnections = 1
        configuration.statementTimeout = .seconds(2)
        configuration.connectionTimeout = min(connectionTimeout, .seconds(2))
        configuration.applicationName += " replica checks"
        return configuration
    }
}
