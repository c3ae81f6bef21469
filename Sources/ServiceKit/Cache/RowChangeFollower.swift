package import Logging
package import PostgresClient
import ServiceLifecycle
import Synchronization

/// Reads once a second which cached rows have changed, and tells those that keep them.
///
/// It bounds the age of what they keep when a writer could not reach Redis, was killed after its commit, or does not know
/// its outcome. It costs one small query a second per node, and cached reads need no query.
package struct RowChangeFollower: Service {
    /// Time between two readings.
    private static let interval = Duration.seconds(1)

    private final class State: Sendable {
        let cursor: Mutex<RowChangeCursor>
        let isFailing = Mutex(false)

        init(_ cursor: RowChangeCursor) { self.cursor = Mutex(cursor) }
    }

    private let log: RowChangeLog
    private let listeners: [String: any RowChangeListener]
    private let now: @Sendable () -> ContinuousClock.Instant
    private let logger: Logger
    private let state: State

    /// - Parameters:
    ///   - pool: Separate connections, so that a busy service does not lose its caches.
    ///   - listeners: By the name of their table.
    package init(pool: PostgresPool, listeners: [String: any RowChangeListener], logger: Logger) {
        self.init(log: RowChangeLog(pool: pool), listeners: listeners, now: { .now }, logger: logger)
    }

    init(
        log: RowChangeLog, listeners: [String: any RowChangeListener],
        now: @escaping @Sendable () -> ContinuousClock.Instant, logger: Logger
    ) {
        self.log = log
        self.listeners = listeners
        self.now = now
        self.logger = logger
        state = State(RowChangeCursor(now: now()))
    }

    /// Runs until shutdown.
    package func run() async throws {
        await PeriodicWork.run("row_changes", every: Self.interval) { await look() }
    }

    /// One reading.
    func look() async {
        do {
            try await read()
            if state.isFailing.withLock({ $0.exchange(false) }) { logger.info("Changes of cached rows are read again") }
        } catch {
            if !state.isFailing.withLock({ $0.exchange(true) }) {
                logger.warning(
                    "Changes of cached rows could not be read; without them the caches are not used",
                    metadata: ["error": "\(error)"])
            }
        }
    }

    private func read() async throws {
        let start = now()
        let snapshot = state.cursor.withLock { $0.snapshot }
        var reading = try await log.read(since: snapshot)
        var verdict = state.cursor.withLock { $0.take(reading, since: snapshot, at: start) }
        if verdict == .readEverything {
            reading = try await log.read(since: nil)
            verdict = state.cursor.withLock { $0.take(reading, since: nil, at: start) }
        }
        for (table, listener) in listeners {
            if verdict == .reset { await listener.reset() }
            await listener.rowsChanged(reading.rows[table] ?? [])
            listener.confirm(at: start)
        }
        await purge(start)
    }

    private func purge(_ now: ContinuousClock.Instant) async {
        guard let snapshot = state.cursor.withLock({ $0.purgeable(now) }) else { return }
        do {
            guard try await log.purge(shownBy: snapshot) else { return }
        } catch {
            logger.warning(
                "The log of changed rows was not purged; the next attempt is in a minute",
                metadata: ["error": "\(error)"])
        }
        state.cursor.withLock { $0.purged() }
    }
}

extension Bool {
    /// Sets the value and returns the former one.
    fileprivate mutating func exchange(_ value: Bool) -> Bool {
        defer { self = value }
        return self
    }
}
