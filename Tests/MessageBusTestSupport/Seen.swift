package import MessageBus
package import Primitives
import Synchronization

/// What handlers have seen, by group.
package final class Seen: Sendable {
    private let deliveries = Mutex<[EventDelivery]>([])

    package init() {}

    package func note(_ delivery: EventDelivery) { deliveries.withLock { $0.append(delivery) } }

    /// In the order in which they came, repetitions too.
    package func events(of group: String) -> [EventEnvelope] {
        deliveries.withLock { $0.filter { $0.group == group }.map(\.event) }
    }

    /// What a consumer with an inbox has done: the first time of each event.
    package func firstTimes(of group: String) -> [EventEnvelope] {
        var seen: Set<Identifier> = []
        return events(of: group).filter { seen.insert($0.id).inserted }
    }

    /// The attempts of an event, in the order in which they came.
    package func attempts(_ event: EventEnvelope, of group: String) -> [Int] {
        deliveries.withLock { $0.filter { $0.group == group && $0.event.id == event.id }.map(\.attempt) }
    }
}

/// A failure whose description must not be stored: it may hold data.
package struct Unlucky: Error, CustomStringConvertible {
    package let description = "secret"

    package init() {}
}

/// A failure of something that a handler depends on.
package struct DependencyAway: DependencyError, Sendable {
    package let isDependencyUnavailable = true

    package init() {}
}
