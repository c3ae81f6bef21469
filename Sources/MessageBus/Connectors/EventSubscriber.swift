package import ServiceLifecycle
package import WorkQueue

/// The receiving side of a message bus.
package protocol EventSubscriber: Sendable {
    /// A service that hands every event of the given types to the handler, once for each group.
    ///
    /// - **Group.** Consumers of the same group share its events; each group gets all of them. The group is registered
    ///   when the service runs; a group that is new then also gets the events that the bus still keeps, if it can
    ///   (PostgreSQL and in-process can).
    /// - **Order.** Events of one ``EventEnvelope/orderingKey`` are handled one after the other, in the order in which
    ///   they were published. The order holds among the types of this subscription.
    /// - **Acknowledgement.** The handler returns: done. It throws: the event comes again after a back-off and holds up
    ///   the later ones of its key, until it is put among the dead letters. It throws ``EventRejection``: dead letter
    ///   at once. It throws a `DependencyError` because its database is away: the event comes again until it is back,
    ///   and nothing is counted. The process dies: the event comes again when its lease ends, and is not counted
    ///   either.
    /// - **At least once.** An event may come twice: guard the effect with ``Inbox``.
    /// - Parameters:
    ///   - group: 1 to 100 characters `a-z 0-9 - _ .`
    ///   - types: the names of the events, at least one.
    func subscribe(
        group: String, types: Set<String>, configuration: ConsumerConfiguration, handler: @escaping EventHandler
    ) throws(MessageBusError) -> any Service
}

/// What is done with an event. It is canceled when its lease is lost or the process must stop.
package typealias EventHandler = @Sendable (EventDelivery) async throws -> Void

/// An event on its way to a handler.
package struct EventDelivery: Sendable {
    /// The event.
    package let event: EventEnvelope
    /// The group that it is handled for.
    package let group: String
    /// Which attempt this is, from 1. Not exact: attempts that ended with the process are not counted.
    package let attempt: Int

    /// Makes a delivery.
    package init(event: EventEnvelope, group: String, attempt: Int) {
        self.event = event
        self.group = group
        self.attempt = attempt
    }
}

/// Thrown by a handler that will never be able to handle this event: it becomes a dead letter at once.
package struct EventRejection: PermanentFailure, Sendable, Hashable {
    /// Why, without data or secrets.
    package let reason: String

    /// Makes a rejection.
    package init(reason: String) {
        self.reason = reason
    }
}

/// How a subscription works through its events: each handler at work handles an event of another ordering key.
package typealias ConsumerConfiguration = WorkerConfiguration
