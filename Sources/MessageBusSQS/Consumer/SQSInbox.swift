import MessageBus
import Synchronization
import WorkQueue

/// The messages that a subscription has received and its demand for more, behind a lock, with the signals between the task that
/// receives messages and the worker that claims them.
final class SQSInbox: Sendable {
    private struct State {
        var intake = MessageIntake()
        var signals: WorkSignals?
    }

    let subscription: Subscription
    private let wanted = AsyncSignal()
    private let state = Mutex(State())

    init(_ subscription: Subscription) { self.subscription = subscription }

    func claim(_ request: ClaimRequest) -> MessageIntake.Claim {
        let claim = state.withLock { $0.intake.claim(request, now: .now) }
        if claim.items.isEmpty { wanted.signal() }
        return claim
    }

    /// Signals the worker through these signals from now on.
    func signal(through signals: WorkSignals) { state.withLock { $0.signals = signals } }

    /// Waits until something is asked for; nil when the task was canceled.
    func nextDemand() async -> MessageIntake.Demand? {
        while !Task.isCancelled {
            if let demand = state.withLock({ $0.intake.takeDemand() }) { return demand }
            await wanted.wait(atMost: .seconds(3600))
        }
        return nil
    }

    func foundNothing(for demand: MessageIntake.Demand) {
        state.withLock { $0.intake.foundNothing(for: demand) }
    }

    func failed(_ error: MessageBusError) {
        state.withLock { state in
            state.intake.failed(error)
            return state.signals
        }?.work.signal()
    }

    /// Takes all messages of one answer or none.
    /// - Returns: False when there is no room.
    func receive(_ deliveries: [SQSDelivery]) -> Bool {
        let (isTaken, signals) = state.withLock { state in
            (state.intake.received(deliveries, now: .now), state.signals)
        }
        signals?.work.signal()
        return isTaken
    }

    func removeAll() -> [SQSDelivery] { state.withLock { $0.intake.removeAll() } }
}
