import Logging
import MessageBus
import Primitives
import RedisClient
import WorkQueue

/// An event under the lock of a consumer.
struct BullMQDelivery: Delivery {
    let handle: BullMQClaim
    let event: EventEnvelope
    let group: String
    let job: BullMQJob

    var failures: Int { job.attemptsMade }
}

/// The deliveries of a group: the jobs of its queue.
final class BullMQDeliveryStore: LeasedStore {
    private let bus: BullMQConnector
    private let claimant: BullMQClaimant
    private let subscription: Subscription

    init(bus: BullMQConnector, claimant: BullMQClaimant, subscription: Subscription) {
        self.bus = bus
        self.claimant = claimant
        self.subscription = subscription
    }

    /// Registers the group; what the bus still keeps of types that are new to it is delivered at once.
    func prepare() async throws {
        _ = try await bus.base.run(
            BullMQScripts.register,
            [
                .text(subscription.group), .integer(bus.settings.groupLife.millisecondsRoundedUp),
                .bytes(BullMQConnector.deliveryOptions),
            ] + subscription.types.sorted().map { .text($0) })
    }

    /// Claims deliveries. What is not for this consumer is ended at once, and others are claimed in its place: a worker
    /// that gets nothing would wait although there is more.
    func claim(_ request: ClaimRequest) async throws -> [BullMQDelivery] {
        while true {
            let claimed = try await claimant.claim(limit: request.limit, lock: request.lease)
            do {
                let deliveries = try await sort(claimed)
                if !deliveries.isEmpty || claimed.isEmpty { return deliveries }
            } catch {
                claimant.abandon(claimed.map(\.claim))
                throw error
            }
        }
    }

    /// Ends what is not for this consumer, and returns the rest.
    private func sort(_ claimed: [BullMQClaimant.ClaimedJob]) async throws -> [BullMQDelivery] {
        var deliveries: [BullMQDelivery] = []
        var others: [BullMQOutcome] = []
        for (claim, result) in claimed {
            switch result {
            case .failure(let error): others.append(BullMQOutcome(claim: claim, unreadable: error))
            case .success(let job):
                do {
                    let event = try EventEnvelope(parsing: job.data)
                    if let reason = job.deferredFailure {
                        others.append(failure(claim, job, reason))
                    } else if subscription.types.contains(event.type) {
                        deliveries.append(
                            BullMQDelivery(handle: claim, event: event, group: subscription.group, job: job))
                    } else {
                        others.append(try await foreign(claim, job, event))
                    }
                } catch let error as EventEnvelopeError {
                    others.append(failure(claim, job, error.description))
                }
            }
        }
        _ = try await claimant.settle(others)
        return deliveries
    }

    /// An event that this consumer does not ask for: consumers of another version may. When none has asked for it for a
    /// while, it is given up, so that it does not hold up its tenant.
    private func foreign(
        _ claim: BullMQClaim, _ job: BullMQJob, _ event: EventEnvelope
    ) async throws -> BullMQOutcome {
        let seen = try await bus.base.send([
            "ZSCORE", .text(bus.base.name.key("arc:groups")), .text("\(subscription.group) \(event.type)"),
        ])
        let time = try await bus.base.send(["TIME"])
        let now = (time.array?.first?.integer ?? 0) * 1000
        let isWanted = seen.double.map { Double(now) - $0 < 60_000 } ?? false
        guard !isWanted else {
            return BullMQOutcome(claim: claim, ending: .released(after: .seconds(1)))
        }
        return failure(claim, job, "no consumer of the group asks for \(event.type) any more")
    }

    private func failure(_ claim: BullMQClaim, _ job: BullMQJob, _ reason: String) -> BullMQOutcome {
        claimant.logger.error(
            "event moved to dead letters",
            metadata: [
                "queue": "\(claimant.queue.name.queue)", "job": "\(claim.job)", "reason": "\(reason)",
            ])
        return BullMQOutcome(
            claim: claim, ending: .failed(reason: reason, stackTrace: job.stackTrace(adding: reason)))
    }

    func renew(_ items: [BullMQDelivery], lease: Duration) async throws -> Set<BullMQClaim> {
        try await claimant.extend(items.map(\.handle), lock: lease)
    }

    func settle(
        _ settlements: [(item: BullMQDelivery, settlement: Settlement<Void>)]
    ) async throws -> Set<BullMQClaim> {
        let settled = try await claimant.settle(settlements.map { outcome(of: $0.item, $0.settlement) })
        return Set(zip(settlements, settled).filter { $0.1 == .valid }.map { $0.0.item.handle })
    }

    private func outcome(of item: BullMQDelivery, _ settlement: Settlement<Void>) -> BullMQOutcome {
        let ending: BullMQOutcome.Ending
        switch settlement {
        case .done:
            return BullMQOutcome(
                claim: item.handle, ending: .completed(result: Array("null".utf8)),
                retention: BullMQRetention(count: bus.settings.retainedJobs))
        case .retry(let delay, let reason):
            ending = .retry(after: delay, reason: reason, stackTrace: item.job.stackTrace(adding: reason))
        case .deadLetter(let reason):
            ending = .failed(reason: reason, stackTrace: item.job.stackTrace(adding: reason))
        case .released(let delay): ending = .released(after: delay)
        }
        return BullMQOutcome(claim: item.handle, ending: ending)
    }

    func timeUntilDue() async throws -> Duration? { claimant.timeUntilDue }

    /// Registers the group again and again: Redis may have lost it.
    func watch(_ signals: WorkSignals) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                await everyInterval(self.bus.settings.registrationInterval) {
                    do { try await self.prepare() } catch {
                        self.claimant.logger.debug(
                            "the group cannot be registered", metadata: ["error": "\(FailureReason.describing(error))"])
                    }
                }
            }
            await claimant.watch(signals)
            group.cancelAll()
        }
    }
}
