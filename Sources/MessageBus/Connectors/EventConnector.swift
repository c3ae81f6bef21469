/// A way onto a message bus: PostgreSQL, in-process, BullMQ, SQS, EventBridge.
///
/// A connector may be called by several relays at once, and again with an event that it has published already (at least
/// once). Where its bus can recognize duplicates by ``EventEnvelope/id``, it does.
package protocol EventConnector: Sendable {
    /// Puts events on the bus.
    ///
    /// Events of one ``EventEnvelope/orderingKey`` are put on the bus in the order of the array. When one of them fails,
    /// the later ones of its key are not put there but reported as ``PublishOutcome/held``.
    /// - Parameter events: at most as many as ``maximumBatchSize``; may be empty.
    /// - Returns: The outcome of each event, in the same order.
    /// - Throws: `MessageBusError`, usually `.unavailable`, when the bus cannot be reached or it is unknown what became
    ///   of the events. The caller tries all of them again, and this does not count as an attempt: a bus that is away
    ///   for a day makes no dead letters.
    func publish(_ events: [EventEnvelope]) async throws(MessageBusError) -> [PublishOutcome]

    /// The most events in one call, at least 1.
    var maximumBatchSize: Int { get }

    /// The most events of one ordering key in one call, at least 1. It is 1 for a bus that takes or refuses each event
    /// of a batch by itself, and so could take a later event of a key without the earlier one.
    var maximumRunLength: Int { get }
}

extension EventConnector {
    /// One, unless the connector keeps the order of a batch.
    package var maximumRunLength: Int { 1 }
}

/// The outcome of publishing one event.
package enum PublishOutcome: Sendable, Hashable {
    /// The bus has stored it.
    case published
    /// The bus answered, and did not take this event now; it is tried again with back-off, and becomes a dead letter
    /// after the configured number of attempts. The reason contains no data.
    case failed(reason: String)
    /// The bus will never take this event: it becomes a dead letter at once.
    case rejected(reason: String)
    /// It was not tried, because an earlier event of its ordering key has failed. No attempt is counted.
    case held
}
