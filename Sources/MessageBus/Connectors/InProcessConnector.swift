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

    /// The dead letters of a group, oldest first.
    package func deadLetters(group: String) -> [DeadLetter] {
        state.withBus { bus, _ in bus.deadLetters(group: group) }
    }

    /// Makes all dead letters of a group pending again. Returns how many there were.
    @discardableResult
    package func retryDeadLetters(group: String) -> Int {
        let count = state.withBus { bus, _ in bus.retryDeadLetters(group: group) }
        state.signal(group)
        return count
    }
}
