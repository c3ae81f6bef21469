import Logging
import Primitives
import WorkQueue

/// Records the outcomes of events after the connector has answered.
extension OutboxRelay {
    /// Records the outcomes of a batch, even if the task is canceled meanwhile, and as often as it takes: an event that
    /// was published must not be published again because the database was away for a moment.
    func settle(
        _ claim: OutboxClaim, _ outcomes: [PublishOutcome], until deadline: ContinuousClock.Instant?
    ) async throws(MessageBusError) {
        let settlements = claim.events.enumerated().map { index, claimed in
            let outcome =
                index < outcomes.count ? outcomes[index] : .failed(reason: "the connector said nothing about it")
            let settlement = settlement(of: claimed, outcome)
            log(settlement, of: claimed)
            return (event: claimed.event, settlement: settlement)
        }
        try await record(settlements, claim: claim.id, until: deadline)
    }

    /// Gives back the events that were claimed, without an attempt.
    func release(_ claim: OutboxClaim, until deadline: ContinuousClock.Instant?) async throws(MessageBusError) {
        let settlements = claim.events.map { (event: $0.event, settlement: Settlement<Void>.released(after: .zero)) }
        try await record(settlements, claim: claim.id, until: deadline)
    }

    private func record(
        _ settlements: [(event: EventEnvelope, settlement: Settlement<Void>)], claim: Identifier,
        until deadline: ContinuousClock.Instant?
    ) async throws(MessageBusError) {
        let store = self.store
        let (backOff, outage, lifetime) = (configuration.unavailability, storeOutage, self.lifetime)
        let result = await shielded {
            await repeating(
                backOff: backOff, outage: outage,
                while: { _ in lifetime.mayRecord && deadline.map { ContinuousClock.now < $0 } ?? true }
            ) {
                try await store.settle(settlements, claim: claim)
            }
        }
        guard case .failure(let error) = result else { return }
        throw (error as? MessageBusError) ?? .unavailable(reason: FailureReason.describing(error))
    }

    private func settlement(of claimed: ClaimedEvent, _ outcome: PublishOutcome) -> Settlement<Void> {
        switch outcome {
        case .published: return .done(())
        case .held: return .released(after: .zero)
        case .rejected(let reason): return .deadLetter(reason: FailureReason.stored(reason))
        case .failed(let reason):
            let failures = claimed.failures + 1
            if failures >= configuration.maximumAttempts { return .deadLetter(reason: FailureReason.stored(reason)) }
            return .retry(
                after: configuration.backOff.delay(afterFailures: failures), reason: FailureReason.stored(reason))
        }
    }

    private func log(_ settlement: Settlement<Void>, of claimed: ClaimedEvent) {
        let level: Logger.Level
        let message: Logger.Message
        let reason: String
        switch settlement {
        case .done, .released: return
        case .retry(_, let why): (level, message, reason) = (.warning, "event not accepted, trying again", why)
        case .deadLetter(let why): (level, message, reason) = (.error, "event moved to dead letters", why)
        }
        logger.log(
            level: level, message,
            metadata: [
                "event": "\(claimed.event.id)", "type": "\(claimed.event.type)",
                "attempt": "\(claimed.failures + 1)", "reason": "\(reason)",
            ])
    }
}
