import Primitives
import Synchronization
import WorkQueue

/// The in-process bus: the state behind a lock, and the signals of those who wait.
final class InProcessBusState: Sendable {
    private struct Shared {
        var bus: InProcessBus
        var signals: [String: [ObjectIdentifier: AsyncSignal]] = [:]

        func signal(_ groups: some Sequence<String>) {
            for group in groups {
                for signal in (signals[group] ?? [:]).values { signal.signal() }
            }
        }
    }

    private let shared: Mutex<Shared>
    private let clock: any WallClock

    init(retainedEvents: Int, capacity: Int, clock: any WallClock) {
        shared = Mutex(Shared(bus: InProcessBus(retainedEvents: retainedEvents, capacity: capacity)))
        self.clock = clock
    }

    /// Reads or changes the bus at the present instant.
    func withBus<Value: Sendable>(_ body: (inout InProcessBus, Timestamp) throws -> sending Value) rethrows -> Value {
        let now = clock.now()
        return try shared.withLock { try body(&$0.bus, now) }
    }

    func publish(_ events: [EventEnvelope]) -> [PublishOutcome] {
        shared.withLock { shared in
            var woken: Set<String> = []
            let outcomes = shared.bus.publish(events, woken: &woken)
            shared.signal(woken)
            return outcomes
        }
    }

    func signal(_ group: String) {
        shared.withLock { $0.signal([group]) }
    }

    func watch(_ group: String, _ signal: AsyncSignal) async {
        let key = ObjectIdentifier(signal)
        shared.withLock { $0.signals[group, default: [:]][key] = signal }
        // For events that were published before.
        signal.signal()
        await everyInterval(.seconds(86_400)) {}
        shared.withLock { _ = $0.signals[group]?.removeValue(forKey: key) }
    }
}

/// The deliveries of a group on the in-process bus.
struct InProcessDeliveryStore: LeasedStore {
    let state: InProcessBusState
    let subscription: Subscription

    func prepare() async throws {
        state.withBus { bus, _ in bus.register(subscription) }
        state.signal(subscription.group)
    }

    func claim(_ request: ClaimRequest) async throws -> [ClaimedDelivery] {
        state.withBus { bus, now in
            bus.claim(
                subscription, limit: request.limit, claim: .v4(), now: now, until: now.adding(request.lease))
        }
    }

    func renew(_ items: [ClaimedDelivery], lease: Duration) async throws -> Set<ClaimedDelivery.Handle> {
        state.withBus { bus, now in bus.extend(items, until: now.adding(lease)) }
    }

    func settle(
        _ settlements: [(item: ClaimedDelivery, settlement: Settlement<Void>)]
    ) async throws -> Set<ClaimedDelivery.Handle> {
        state.withBus { bus, now in
            var valid: Set<ClaimedDelivery.Handle> = []
            for (item, settlement) in settlements where bus.settle(item, settlement, now: now) {
                valid.insert(item.handle)
            }
            return valid
        }
    }

    func timeUntilDue() async throws -> Duration? {
        state.withBus { bus, now in bus.nextDue(subscription).map { max($0.duration(since: now), .zero) } }
    }

    func watch(_ signals: WorkSignals) async {
        await state.watch(subscription.group, signals.work)
    }
}
