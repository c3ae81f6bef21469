package import MessageBus
import Primitives

/// The outcomes of a batch that is put on a bus which takes or refuses each event by itself. Pure state.
///
/// Events go in rounds: each has at most one event of an ordering key, and a later one is tried only when the one before it is
/// on the bus.
package struct PublishedBatch: Sendable {
    /// What became of an event that was tried.
    package enum Attempt: Sendable, Hashable {
        case published
        case rejected(reason: String)
        /// The bus was at fault.
        case unavailable(reason: String)
    }

    private let events: [EventEnvelope]
    private var outcomes: [PublishOutcome?]
    private var reason: String?

    package init(_ events: [EventEnvelope]) {
        self.events = events
        outcomes = events.map { _ in nil }
    }

    /// The places of the events of the next round; empty when there is none.
    package var nextRound: [Int] {
        var keys: Set<Identifier> = []
        return events.indices.filter { outcomes[$0] == nil && keys.insert(events[$0].orderingKey).inserted }
    }

    /// Records what became of an event. After one for which the bus was at fault, the later ones of its key are held.
    package mutating func record(_ attempt: Attempt, at place: Int) {
        switch attempt {
        case .published: outcomes[place] = .published
        case .rejected(let reason): outcomes[place] = .rejected(reason: reason)
        case .unavailable(let reason):
            self.reason = self.reason ?? reason
            for other in events.indices.dropFirst(place)
            where outcomes[other] == nil && events[other].orderingKey == events[place].orderingKey {
                outcomes[other] = .held
            }
        }
    }

    /// The outcomes at the end. An event for which the bus was at fault is held, which is no attempt, if others are on the bus.
    /// - Throws: `.unavailable` when the bus was at fault and nothing is on it.
    package func finished() throws(MessageBusError) -> [PublishOutcome] {
        let outcomes = self.outcomes.map { $0 ?? .held }
        if let reason, outcomes.allSatisfy({ $0 == .held }) { throw .unavailable(reason: reason) }
        return outcomes
    }
}
