package import Logging
import Primitives
package import WorkQueue

/// A job of any producer under the lock of a worker.
package struct BullMQClaimedJob: LeasedItem {
    /// Identifies the job and the lock.
    package struct Handle: Hashable, Sendable {
        let claim: BullMQClaim
    }

    let claim: BullMQClaim
    let queue: String
    /// The job as it was when it was claimed.
    package let job: BullMQJob

    package var handle: Handle { Handle(claim: claim) }
    package var failures: Int { job.attemptsMade }

    package var description: WorkDescription {
        WorkDescription(queue: queue, kind: job.name, id: job.id, attempt: job.attemptsMade + 1)
    }
}

/// The jobs of a queue as leased work, by the rules of BullMQ: attempts and back-off are those of each job's options, and
/// its output is the job's result as JSON (nil: `null`).
///
/// Jobs of schedulers fail: their successors are made by official workers only.
package final class BullMQJobStore: LeasedStore {
    /// A job's result.
    package typealias Output = [UInt8]?

    private let claimant: BullMQClaimant
    private var name: String { claimant.queue.name.queue }

    package init(queue: BullMQQueue, settings: BullMQWorkerSettings = BullMQWorkerSettings(), logger: Logger) {
        claimant = BullMQClaimant(queue: queue, settings: settings, logger: logger)
    }

    /// How a worker of this store works: the options of each job limit its attempts, so the configuration does not. The
    /// lease is BullMQ's lock; a worker renews it before its half is over.
    package static func configuration(
        concurrency: Int = 1, lease: Duration = .seconds(30)
    ) -> WorkerConfiguration {
        WorkerConfiguration(concurrency: concurrency, lease: lease, maximumAttempts: .max)
    }

    /// Claims jobs. Those whose data or options cannot be read fail at once, and others are claimed in their place.
    package func claim(_ request: ClaimRequest) async throws -> [BullMQClaimedJob] {
        while true {
            let claimed = try await claimant.claim(limit: request.limit, lock: request.lease)
            var items: [BullMQClaimedJob] = []
            var failed: [BullMQOutcome] = []
            for (claim, result) in claimed {
                switch result {
                case .success(let job):
                    let item = BullMQClaimedJob(claim: claim, queue: name, job: job)
                    if let reason = job.deferredFailure ?? job.unsupported {
                        failed.append(failure(of: item, reason))
                    } else {
                        items.append(item)
                    }
                case .failure(let error):
                    failed.append(BullMQOutcome(claim: claim, unreadable: error))
                }
            }
            do { _ = try await claimant.settle(failed) } catch {
                claimant.abandon(claimed.map(\.claim))
                throw error
            }
            if !items.isEmpty || claimed.isEmpty { return items }
        }
    }

    /// Extends locks.
    package func renew(
        _ items: [BullMQClaimedJob], lease: Duration
    ) async throws -> Set<BullMQClaimedJob.Handle> {
        Set(try await claimant.extend(items.map(\.claim), lock: lease).map { BullMQClaimedJob.Handle(claim: $0) })
    }

    /// Ends jobs by the rules of their options.
    package func settle(
        _ settlements: [(item: BullMQClaimedJob, settlement: Settlement<[UInt8]?>)]
    ) async throws -> Set<BullMQClaimedJob.Handle> {
        let settled = try await claimant.settle(settlements.map { outcome(of: $0.item, $0.settlement) })
        var valid: Set<BullMQClaimedJob.Handle> = []
        var again: [BullMQClaimedJob] = []
        for (item, result) in zip(settlements.map(\.item), settled) {
            switch result {
            case .valid: valid.insert(item.handle)
            case .lost: break
            case .hasChildren: again.append(item)
            }
        }
        guard !again.isEmpty else { return valid }
        let reason = "the job has children that are not done"
        let results = try await claimant.settle(again.map { failure(of: $0, reason) })
        for (item, result) in zip(again, results) where result == .valid { valid.insert(item.handle) }
        return valid
    }

    /// See `LeasedStore`.
    package func timeUntilDue() async throws -> Duration? { claimant.timeUntilDue }

    /// See `LeasedStore`.
    package func watch(_ signals: WorkSignals) async { await claimant.watch(signals) }

    private func outcome(of item: BullMQClaimedJob, _ settlement: Settlement<[UInt8]?>) -> BullMQOutcome {
        let options = item.job.options
        switch settlement {
        case .done(let result):
            return BullMQOutcome(
                claim: item.claim, ending: .completed(result: result ?? Array("null".utf8)),
                retention: options.removeOnComplete)
        case .retry(_, let reason):
            guard item.job.attemptsMade + 1 < options.attempts else { return failure(of: item, reason) }
            let delay = options.backOff?.wait(afterAttempts: item.job.attemptsMade) ?? .zero
            return BullMQOutcome(
                claim: item.claim,
                ending: .retry(after: delay, reason: reason, stackTrace: item.job.stackTrace(adding: reason)))
        case .deadLetter(let reason): return failure(of: item, reason)
        case .released(let delay): return BullMQOutcome(claim: item.claim, ending: .released(after: delay))
        }
    }

    private func failure(of item: BullMQClaimedJob, _ reason: String) -> BullMQOutcome {
        BullMQOutcome(
            claim: item.claim, ending: .failed(reason: reason, stackTrace: item.job.stackTrace(adding: reason)),
            retention: item.job.options.removeOnFail)
    }
}

extension BullMQOutcome {
    /// The end of a job that cannot be read. It is kept, so that operators can look at it.
    init(claim: BullMQClaim, unreadable error: BullMQError) {
        self.init(claim: claim, ending: .failed(reason: error.description, stackTrace: Array("[]".utf8)))
    }
}
