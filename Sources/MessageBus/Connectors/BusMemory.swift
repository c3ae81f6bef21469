package import Primitives

/// A bus that may lose events which it has accepted: Redis is no database. The relay of each outbox asks before it
/// publishes, and publishes again what may be lost; consumers' inboxes make repetitions harmless.
///
/// A connector for such a bus has this beside ``EventConnector``.
package protocol BusMemory: Sendable {
    /// Compares what the bus knows of an outbox with what it should know, and makes the bus remember `now`.
    /// - Parameters:
    ///   - outbox: The outbox among those that use the bus.
    ///   - now: An instant of the clock by which the outbox records when events were published; everything that was
    ///     recorded before it has reached the bus.
    func check(_ outbox: String, at now: Timestamp) async throws(MessageBusError) -> BusRecollection

    /// Says that everything that was lost is pending again.
    /// - Parameters:
    ///   - now: The instant that was given to ``check(_:at:)``.
    ///   - token: That of ``BusRecollection/lost(since:token:)``.
    /// - Returns: False when the bus has lost its data once more, so that the check must be made again.
    func recovered(_ outbox: String, at now: Timestamp, token: String) async throws(MessageBusError) -> Bool
}

/// What a bus remembers of an outbox.
package enum BusRecollection: Sendable, Hashable {
    /// Everything that was published.
    case kept
    /// Everything that was published from an instant on may be lost.
    case lost(since: Timestamp, token: String)
    /// Another relay of the outbox is making it pending at the moment.
    case awaitsOther
}
