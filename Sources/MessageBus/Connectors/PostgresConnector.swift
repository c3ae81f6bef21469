package import Logging
package import PostgresClient
package import Primitives
package import ServiceLifecycle
import WorkQueue

/// A message bus in PostgreSQL: database `message_bus_db`, see ``MessageBusMigrations``.
///
/// An event is stored once, however often it is published, together with one delivery for each group that wants its
/// type. A group that registers later gets what is still kept. Groups read with the same rules as the outbox relay: one
/// event of a tenant at a time, leases, back-off, dead letters, wake-up by NOTIFY.
///
/// Types that are added to a group later are delivered from what is kept, so they may come after newer events of their
/// tenant. Types that no consumer of a group asks for any more wait without holding up others.
package final class PostgresConnector: EventConnector, EventSubscriber, Service {
    let pool: PostgresPool
    private let listener: PostgresConfiguration?
    private let retention: Duration
    private let purgeInterval: Duration
    private let clock: any WallClock
    private let logger: Logger

    /// Makes a connector; publishing and subscribing need no `run()`, which only deletes what is old.
    /// - Parameters:
    ///   - pool: connections to the message bus database, as role `message_bus_app`.
    ///   - listener: how each subscription opens the connection that waits for notifications; nil where `LISTEN` is not
    ///     possible (PgBouncer in transaction mode): then events wait for the poll interval.
    ///   - retention: how long messages are kept for groups that register later, and duplicates are recognized.
    ///   - purgeInterval: how often `run()` deletes what is older.
    ///   - clock: for the time of publication and for retention; the database counts leases and back-off.
    package init(
        pool: PostgresPool, listener: PostgresConfiguration?, retention: Duration = .seconds(7 * 86_400),
        purgeInterval: Duration = .seconds(600), clock: any WallClock = SystemClock(), logger: Logger
    ) {
        self.pool = pool
        self.listener = listener
        self.retention = retention
        self.purgeInterval = purgeInterval
        self.clock = clock
        self.logger = logger
    }

    /// Deletes old messages now and then, until canceled or shut down gracefully.
    package func run() async {
        await cancelWhenGracefulShutdown {
            await everyInterval(self.purgeInterval) {
                do { try await self.purge() } catch {
                    self.logger.warning("message bus purge failed", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    /// Most events taken at once.
    package var maximumBatchSize: Int { 500 }

    /// Most events of one ordering key taken at once: a batch is stored as a whole, or one event after the other.
    package var maximumRunLength: Int { 500 }

    /// See ``EventConnector``.
    package func publish(_ events: [EventEnvelope]) async throws(MessageBusError) -> [PublishOutcome] {
        if events.isEmpty { return [] }
        do {
            try await store(events)
            return events.map { _ in .published }
        } catch {
            guard error.concernsContent else { throw .database(error) }
        }
        // Something in these events cannot be stored: find out which, so that the others go on.
        var outcomes: [PublishOutcome] = []
        for event in events {
            do {
                try await store([event])
                outcomes.append(.published)
            } catch {
                guard error.concernsContent else { throw .database(error) }
                outcomes.append(.rejected(reason: error.description))
            }
        }
        return outcomes
    }

    /// See ``EventSubscriber``.
    package func subscribe(
        group: String, types: Set<String>, configuration: ConsumerConfiguration, handler: @escaping EventHandler
    ) throws(MessageBusError) -> any Service {
        LeasedWorker(
            deliveries: PostgresDeliveryStore(
                pool: pool, listener: listener, subscription: try Subscription(group: group, types: types),
                logger: logger),
            configuration: configuration, logger: logger, handler: handler)
    }

    private func store(_ events: [EventEnvelope]) async throws(PostgresError) {
        var batch = PostgresBatch()
        batch.add(PostgresBusStatements.lockShared)
        batch.add(
            PostgresBusStatements.publish,
            [
                .identifierArray(events.map(\.id)), .textArray(events.map(\.type)),
                .int64Array(events.map { Int64($0.version) }),
                .textArray(events.map { $0.tenantID?.description ?? "" }),
                .int64Array(events.map(\.occurredAt.microseconds)),
                .textArray(events.map { $0.trace?.stored ?? "" }),
                .textArray(events.map { String(decoding: $0.data, as: UTF8.self) }), .timestamp(clock.now()),
                .textArray(events.map { $0.replay?.original.description ?? "" }),
                .textArray(events.map { $0.replay?.groups.joined(separator: ",") ?? "" }),
            ])
        _ = try await pool.run(batch)
    }
}

/// Maintenance of the bus.
extension PostgresConnector {
    /// Removes a group that is no longer used, with everything that was still to be delivered to it.
    package func removeGroup(_ group: String) async throws(MessageBusError) {
        var batch = PostgresBatch()
        batch.add(PostgresBusStatements.lockExclusive)
        batch.add(PostgresBusStatements.unregister, [.text(group)])
        batch.add(PostgresBusStatements.forgetBackfill, [.text(group)])
        batch.add(PostgresBusStatements.forget, [.text(group)])
        do { _ = try await pool.run(batch) } catch { throw .database(error) }
    }

    /// Deletes messages older than the retention that no group waits for.
    /// - Returns: How many.
    @discardableResult
    package func purge() async throws(MessageBusError) -> Int {
        let limit = 1000
        let before = clock.now().adding(.zero - retention)
        var last = (publishedAt: Timestamp(microseconds: 0), position: Int64(0))
        var deleted = 0
        do {
            while true {
                let result = try await pool.query(
                    PostgresBusStatements.purge,
                    [.timestamp(before), .int64(Int64(limit)), .timestamp(last.publishedAt), .int64(last.position)])
                guard let row = result.first else { return deleted }
                last = (try row.timestamp(0), try row.int64(1))
                deleted += try row.int(2)
                if try row.int(3) < limit { return deleted }
            }
        } catch {
            throw .database(error)
        }
    }
}

extension PostgresError {
    /// Whether the server refused what the statement carries: a data exception, a constraint, a limit.
    fileprivate var concernsContent: Bool {
        guard let errorClass = sqlState?.errorClass else { return kind == .encoding }
        return errorClass == "22" || errorClass == "23" || errorClass == "54"
    }
}
