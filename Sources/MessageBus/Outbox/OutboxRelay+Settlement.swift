import Logging
import Primitives

/// What becomes of events after the connector was asked.
extension OutboxRelay {
    /// Writes down what became of a batch, even if the task is cancelled meanwhile.
    func settle(
        _ claimed: [ClaimedEvent], _ outcomes: [PublishOutcome], claim: Identifier
    ) async throws(MessageBusError) {
        let now = clock.now()
        let verdicts = claimed.enumerated().map { index, claimed in
            let outcome =
                index < outcomes.count ? outcomes[index] : .failed(reason: "the connector said nothing about it")
            let verdict = verdict(on: claimed, outcome, now: now)
            log(verdict, on: claimed)
            return (event: claimed.event, verdict: verdict)
        }
        let store = self.store
        let settled = await shielded {
            await retrying { () async throws(MessageBusError) in
                try await store.settle(verdicts, claim: claim, now: now)
            }
        }
        try settled.get()
    }

    private func verdict(on claimed: ClaimedEvent, _ outcome: PublishOutcome, now: Timestamp) -> OutboxVerdict {
        switch outcome {
        case .published: return .published
        case .rejected(let reason): return .dead(reason: FailureReason.stored(reason))
        case .failed(let reason):
            let failures = claimed.failures + 1
            if failures >= configuration.maximumAttempts { return .dead(reason: FailureReason.stored(reason)) }
            return .retry(
                at: now.adding(configuration.backOff.delay(afterFailures: failures)),
                reason: FailureReason.stored(reason))
        }
    }

    private func log(_ verdict: OutboxVerdict, on claimed: ClaimedEvent) {
        let level: Logger.Level
        let message: Logger.Message
        let reason: String
        switch verdict {
        case .published: return
        case .retry(_, let words): (level, message, reason) = (.warning, "event not taken, trying again", words)
        case .dead(let words): (level, message, reason) = (.error, "event given up on: dead letter", words)
        }
        logger.log(
            level: level, message,
            metadata: [
                "event": "\(claimed.event.id)", "type": "\(claimed.event.type)",
                "attempt": "\(claimed.failures + 1)", "reason": "\(reason)",
            ])
    }
}
