package import Logging
package import Primitives
package import ServiceLifecycle
import WorkQueue

/// A message bus in memory: for tests, and for programs of one process that can do without what is under way when
/// they end. The rules are the same as those of ``PostgresConnector``.
package final class InProcessConnector: EventConnector, EventSubscriber {
    private let state: InProcessBusState
    private let logger: Logger

    /// Makes an empty bus.
    /// - Parameters:
    ///   - retainedEvents: how many of the latest events are kept for groups that register later; of these,
    ///     duplicates are recognized.
    ///   - capacity: how many events may wait for one group; more are refused.
    ///   - clock: for leases and back-off.
    package init(
        retainedEvents: Int = 10_000, capacity: Int = 100_000, clock: any WallClock = SystemClock(), logger: Logger
    ) {
        self.state = InProcessBusState(retainedEvents: retainedEvents, capacity: capacity, clock: clock)
        self.logger = logger
    }

    /// Most events taken at once.
    package var maximumBatchSize: Int { 1000 }

    /// Most events of one ordering key taken at once.
    package var maximumRunLength: Int { 1000 }

    /// See ``EventConnector``.
    package func publish(_ events: [EventEnvelope]) async throws(MessageBusError) -> [PublishOutcome] {
        state.publish(events)
    }

    /// See ``EventSubscriber``.
    package func subscribe(
        group: String, types: Set<String>, configuration: ConsumerConfiguration, handler: @escaping EventHandler
    ) throws(MessageBusError) -> any Service {
        LeasedWorker(
            deliveries: InProcessDeliveryStore(
                state: state, subscription: try Subscription(group: group, types: types)),
            configuration: configuration, logger: logger, handler: handler)
    }
}

extension InProcessConnector: BusDeadLetters {
    /// See ``BusDeadLetters``.
    package func deadLetters(
        group: String, after position: DeadLetterPosition?, limit: Int
    ) async throws(MessageBusError) -> [DeadLetter] {
        let letters = state.withBus { bus, _ in bus.deadLetters(group: group) }
        let behind = letters.filter { letter in position.map { $0 < letter.position } ?? true }
        return Array(behind.sorted { $0.position < $1.position }.prefix(limit))
    }

    /// See ``BusDeadLetters``.
    package func groups() async throws(MessageBusError) -> [String] {
        state.withBus { bus, _ in bus.groupNames }
    }

    /// See ``BusDeadLetters``.
    package func deadLetterCount(group: String) async throws(MessageBusError) -> Int {
        state.withBus { bus, _ in bus.deadLetters(group: group).count }
    }

    /// See ``BusDeadLetters``.
    @discardableResult
    package func retryDeadLetters(group: String, _ ids: [Identifier]?) async throws(MessageBusError) -> Int {
        let count = state.withBus { bus, _ in bus.retryDeadLetters(group: group, ids) }
        state.signal(group)
        return count
    }
}

extension InProcessConnector: BusBacklog {
    /// See ``BusBacklog``.
    package func backlog(group: String) async throws(MessageBusError) -> GroupBacklog {
        state.withBus { bus, _ in bus.backlog(group: group) }
    }
}
