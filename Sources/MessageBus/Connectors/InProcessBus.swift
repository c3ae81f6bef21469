import Primitives
import WorkQueue

/// The state of the in-process bus: messages kept, groups, deliveries. Pure.
struct InProcessBus: Sendable {
    private struct Delivery {
        let position: Int64
        let event: EventEnvelope
        var isDead = false
        var failures = 0
        var visibleAt: Timestamp?
        var claim: Identifier?
        var lastError: String?
        var settledAt: Timestamp?

        /// Whether it is still to be delivered to those who ask for its type.
        func isPending(among types: Set<String>) -> Bool { !isDead && types.contains(event.type) }
    }

    private struct Group {
        var types: Set<String> = []
        /// By position.
        var deliveries: [Delivery] = []

        func index(of position: Int64) -> Int? {
            var low = 0
            var high = deliveries.count
            while low < high {
                let middle = (low + high) / 2
                if deliveries[middle].position < position { low = middle + 1 } else { high = middle }
            }
            return low < deliveries.count && deliveries[low].position == position ? low : nil
        }
    }

    private let retainedEvents: Int
    private let capacity: Int
    private var nextPosition: Int64 = 1
    private var retained: [(position: Int64, event: EventEnvelope)] = []
    private var known: Set<Identifier> = []
    private var groups: [String: Group] = [:]

    init(retainedEvents: Int, capacity: Int) {
        self.retainedEvents = max(retainedEvents, 1)
        self.capacity = max(capacity, 1)
    }

    /// Events of one key stay in order: after one that failed, the later ones of its key are held back.
    mutating func publish(_ events: [EventEnvelope], woken: inout Set<String>) -> [PublishOutcome] {
        var failed: Set<Identifier> = []
        return events.map { event in
            if failed.contains(event.orderingKey) { return .held }
            let outcome = publish(event, woken: &woken)
            if case .failed = outcome { failed.insert(event.orderingKey) }
            return outcome
        }
    }

    private mutating func publish(_ event: EventEnvelope, woken: inout Set<String>) -> PublishOutcome {
        if known.contains(event.id) { return .published }
        let interested = groups.filter { $0.value.types.contains(event.type) && event.concerns(group: $0.key) }.keys
        guard interested.allSatisfy({ (groups[$0]?.deliveries.count ?? 0) < capacity }) else {
            return .failed(reason: "too many events wait for a group")
        }
        let position = nextPosition
        nextPosition += 1
        known.insert(event.id)
        retained.append((position, event))
        if retained.count >= 2 * retainedEvents {
            for old in retained.prefix(retained.count - retainedEvents) { known.remove(old.event.id) }
            retained.removeFirst(retained.count - retainedEvents)
        }
        for group in interested {
            groups[group]?.deliveries.append(Delivery(position: position, event: event))
            woken.insert(group)
        }
        return .published
    }

    mutating func register(_ subscription: Subscription) {
        var group = groups[subscription.group] ?? Group()
        let added = subscription.types.subtracting(group.types)
        group.types.formUnion(added)
        let missed = retained.filter {
            added.contains($0.event.type) && $0.event.concerns(group: subscription.group)
        }
        group.deliveries += missed.map { Delivery(position: $0.position, event: $0.event) }
        group.deliveries.sort { $0.position < $1.position }
        groups[subscription.group] = group
    }

    mutating func claim(
        _ subscription: Subscription, limit: Int, claim: Identifier, now: Timestamp, until: Timestamp
    ) -> [ClaimedDelivery] {
        guard var group = groups.removeValue(forKey: subscription.group) else { return [] }
        defer { groups[subscription.group] = group }
        var claimed: [ClaimedDelivery] = []
        var seen: Set<Identifier> = []
        for index in group.deliveries.indices where group.deliveries[index].isPending(among: subscription.types) {
            let delivery = group.deliveries[index]
            guard claimed.count < limit else { break }
            guard seen.insert(delivery.event.orderingKey).inserted else { continue }
            if let visibleAt = delivery.visibleAt, visibleAt > now { continue }
            group.deliveries[index].visibleAt = until
            group.deliveries[index].claim = claim
            claimed.append(
                ClaimedDelivery(
                    handle: ClaimedDelivery.Handle(position: delivery.position, claim: claim), event: delivery.event,
                    group: subscription.group, failures: delivery.failures))
        }
        return claimed
    }

    mutating func settle(_ delivery: ClaimedDelivery, _ settlement: Settlement<Void>, now: Timestamp) -> Bool {
        guard let index = groups[delivery.group]?.index(of: delivery.position),
            var entry = groups[delivery.group]?.deliveries[index], entry.claim == delivery.handle.claim
        else { return false }
        entry.claim = nil
        entry.visibleAt = nil
        switch settlement {
        case .done:
            groups[delivery.group]?.deliveries.remove(at: index)
            return true
        case .retry(let delay, let reason):
            entry.failures += 1
            entry.visibleAt = now.adding(delay)
            entry.lastError = reason
        case .deadLetter(let reason):
            entry.failures += 1
            entry.isDead = true
            entry.lastError = reason
            entry.settledAt = now
        case .released(let delay):
            if delay > .zero { entry.visibleAt = now.adding(delay) }
        }
        groups[delivery.group]?.deliveries[index] = entry
        return true
    }

    mutating func extend(_ deliveries: [ClaimedDelivery], until: Timestamp) -> Set<ClaimedDelivery.Handle> {
        var kept: Set<ClaimedDelivery.Handle> = []
        for delivery in deliveries {
            guard let index = groups[delivery.group]?.index(of: delivery.position),
                groups[delivery.group]?.deliveries[index].claim == delivery.handle.claim
            else { continue }
            groups[delivery.group]?.deliveries[index].visibleAt = until
            kept.insert(delivery.handle)
        }
        return kept
    }

    /// When the next delivery that was claimed or postponed becomes due; an instant that is over for one that is due.
    func nextDue(_ subscription: Subscription) -> Timestamp? {
        (groups[subscription.group]?.deliveries ?? [])
            .filter { $0.isPending(among: subscription.types) }
            .compactMap(\.visibleAt).min()
    }

    var groupNames: [String] { groups.keys.sorted() }

    func deadLetters(group: String) -> [DeadLetter] {
        (groups[group]?.deliveries ?? []).filter(\.isDead).map {
            DeadLetter(
                event: $0.event, group: group, attempts: $0.failures, lastError: $0.lastError,
                settledAt: $0.settledAt ?? $0.event.occurredAt)
        }
    }

    mutating func retryDeadLetters(group: String, _ ids: [Identifier]?) -> Int {
        var count = 0
        let isWanted: (Delivery) -> Bool = { $0.isDead && (ids?.contains($0.event.id) ?? true) }
        for index in groups[group]?.deliveries.indices ?? 0..<0 {
            guard groups[group].map({ isWanted($0.deliveries[index]) }) ?? false else { continue }
            groups[group]?.deliveries[index].isDead = false
            groups[group]?.deliveries[index].failures = 0
            groups[group]?.deliveries[index].settledAt = nil
            count += 1
        }
        return count
    }

    func backlog(group: String) -> GroupBacklog {
        let waiting = (groups[group]?.deliveries ?? []).filter { !$0.isDead }
        return GroupBacklog(
            waiting: min(waiting.count, GroupBacklog.maximumCount), oldest: waiting.first?.event.occurredAt)
    }
}
