package import MessageBus
import Primitives

/// The outcomes of a batch on a bus that accepts or rejects each event of a batch by itself. Pure state.
///
/// Events are published in rounds, to keep their order: a round has at most one event of each ordering key, and the next event of a
/// key is published only after the bus has accepted or rejected the one before it.
package struct PublishedBatch: Sendable {
    /// The result of publishing an event.
    package enum Attempt: Sendable, Hashable {
        case published
        case rejected(reason: String)
        /// The bus failed; this says nothing about the event.
        case unavailable(reason: String)
    }

    private let events: [EventEnvelope]
    private var outcomes: [PublishOutcome?]
    private var reason: String?

    package init(_ events: [EventEnvelope]) {
        self.events = events
        outcomes = events.map { _ in nil }
    }

    /// The places of the events of the next round; empty after the last round.
    package var nextRound: [Int] {
        var keys: Set<Identifier> = []
        return events.indices.filter { outcomes[$0] == nil && keys.insert(events[$0].orderingKey).inserted }
    }

    /// Records the result of an event. If the bus failed, this event and the later ones of its key are held.
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

    /// The outcomes after the last round. An event for which the bus failed is held, which does not count as an attempt.
    /// - Throws: `.unavailable` if the bus failed and has accepted or rejected nothing.
    package func finished() throws(MessageBusError) -> [PublishOutcome] {
        let outcomes = self.outcomes.map { $0 ?? .held }
        if let reason, outcomes.allSatisfy({ $0 == .held }) { throw .unavailable(reason: reason) }
        return outcomes
    }
}
