import Primitives
import Synchronization

/// The in-process bus: the state behind a lock, and the bells of those who wait.
final class InProcessDeliveryQueue: DeliveryQueue {
    private struct Shared {
        var bus: InProcessBus
        var bells: [String: [ObjectIdentifier: WakeUp]] = [:]

        func ring(_ groups: some Sequence<String>) {
            for group in groups {
                for bell in (bells[group] ?? [:]).values { bell.signal() }
            }
        }
    }

    private let shared: Mutex<Shared>

    init(retainedEvents: Int, capacity: Int) {
        shared = Mutex(Shared(bus: InProcessBus(retainedEvents: retainedEvents, capacity: capacity)))
    }

    func publish(_ events: [EventEnvelope]) -> [PublishOutcome] {
        shared.withLock { shared in
            var woken: Set<String> = []
            let outcomes = events.map { shared.bus.publish($0, woken: &woken) }
            shared.ring(woken)
            return outcomes
        }
    }

    func register(_ subscription: Subscription) async throws(MessageBusError) {
        shared.withLock { shared in
            shared.bus.register(subscription)
            shared.ring([subscription.group])
        }
    }

    func claim(
        _ subscription: Subscription, limit: Int, claim: Identifier, now: Timestamp, until: Timestamp
    ) async throws(MessageBusError) -> [ClaimedDelivery] {
        shared.withLock { $0.bus.claim(subscription, limit: limit, claim: claim, now: now, until: until) }
    }

    func settle(
        _ delivery: ClaimedDelivery, _ settlement: Settlement, now: Timestamp
    ) async throws(MessageBusError) -> Bool {
        shared.withLock { $0.bus.settle(delivery, settlement, now: now) }
    }

    func release(_ subscription: Subscription, claim: Identifier) async throws(MessageBusError) {
        shared.withLock { $0.bus.release(group: subscription.group, claim: claim) }
    }

    func extend(
        _ deliveries: [ClaimedDelivery], until: Timestamp
    ) async throws(MessageBusError) -> Set<Int64> {
        shared.withLock { $0.bus.extend(deliveries, until: until) }
    }

    func nextDue(_ subscription: Subscription, after now: Timestamp) async throws(MessageBusError) -> Timestamp? {
        shared.withLock { $0.bus.nextDue(subscription, after: now) }
    }

    func watch(_ subscription: Subscription, _ bell: WakeUp) async {
        let key = ObjectIdentifier(bell)
        shared.withLock { $0.bells[subscription.group, default: [:]][key] = bell }
        // Rung once: what came before the bell hung there.
        bell.signal()
        await everyInterval(.seconds(86_400)) {}
        shared.withLock { _ = $0.bells[subscription.group]?.removeValue(forKey: key) }
    }

    func deadLetters(group: String) -> [DeadLetter] {
        shared.withLock { $0.bus.deadLetters(group: group) }
    }

    func retryDeadLetters(group: String) -> Int {
        shared.withLock { shared in
            let count = shared.bus.retryDeadLetters(group: group)
            shared.ring([group])
            return count
        }
    }
}
