import Logging
import Primitives
import RedisClient
import Synchronization
import WorkQueue

/// A worker's side of a queue: what stores of leased work are made of.
final class BullMQClaimant: Sendable {
    /// A job that was claimed, or the failure of one whose data or options cannot be read.
    typealias ClaimedJob = (claim: BullMQClaim, job: Result<BullMQJob, BullMQError>)

    private struct State {
        var claims = 0
        var lost = LostClaims<String>()
        /// Whether the last claim found nothing.
        var isDrained = false
        /// How long until the next claim is of use, as the last one learned.
        var pause: Duration?
    }

    let queue: BullMQQueue
    let settings: BullMQWorkerSettings
    let logger: Logger
    private let worker = Identifier.v4().description
    private let state = Mutex(State())
    private let drained = AsyncSignal()

    init(queue: BullMQQueue, settings: BullMQWorkerSettings, logger: Logger) {
        self.queue = queue
        self.settings = settings
        self.logger = logger
    }

    // MARK: Claims

    /// Claims jobs. It is not interrupted: a claim whose answer is dropped keeps its jobs from everybody.
    func claim(limit: Int, lock: Duration) async throws(BullMQError) -> [ClaimedJob] {
        for token in state.withLock({ $0.lost.all }) {
            _ = try await queue.run(BullMQScripts.giveBack, [.text(token)])
            state.withLock { $0.lost.remove(token) }
        }
        let token = state.withLock { state in
            state.claims += 1
            return "\(worker):\(state.claims)"
        }
        let result = await shielded { await self.take(limit: limit, token: token, lock: lock) }
        switch result {
        case .success(let jobs): return jobs
        case .failure(let error):
            if error.mayHaveBeenCarriedOut { state.withLock { $0.lost.add(token) } }
            throw error
        }
    }

    /// Gives claims back with the next claim: something failed before anybody could work on them.
    func abandon(_ claims: [BullMQClaim]) {
        for token in Set(claims.map(\.token)) { state.withLock { $0.lost.add(token) } }
    }

    private func take(limit: Int, token: String, lock: Duration) async -> Result<[ClaimedJob], BullMQError> {
        do throws(BullMQError) {
            let reply = try await queue.run(
                BullMQScripts.claim,
                [
                    .integer(Int64(limit)), .text(token), .integer(lock.lockMilliseconds), .text(settings.workerName),
                    .integer(Int64(settings.rate)), .integer(settings.rateWindow.millisecondsRoundedUp),
                ])
            guard let parts = reply.array, parts.count == 2, let entries = parts[0].array,
                let pause = parts[1].integer
            else { throw .unexpectedReply }
            var jobs: [ClaimedJob] = []
            for entry in entries {
                guard let pair = entry.array, pair.count == 2, let id = pair[0].text, let fields = pair[1].hashFields
                else { throw .unexpectedReply }
                jobs.append((BullMQClaim(job: id, token: token), Self.job(id, fields)))
            }
            let isDrained = jobs.isEmpty
            state.withLock { state in
                state.isDrained = isDrained
                state.pause = pause < 0 ? nil : .milliseconds(pause)
            }
            if isDrained { drained.signal() }
            return .success(jobs)
        } catch {
            return .failure(error)
        }
    }

    private static func job(_ id: String, _ fields: [String: [UInt8]]) -> Result<BullMQJob, BullMQError> {
        do throws(BullMQError) { return .success(try BullMQJob(id: id, fields: fields)) } catch {
            return .failure(error)
        }
    }

    /// How long until a delayed job is due or the rate allows another one, as the last claim learned.
    var timeUntilDue: Duration? { state.withLock { $0.pause } }

    /// Extends locks. Returns the claims that are still valid.
    func extend(_ claims: [BullMQClaim], lock: Duration) async throws(BullMQError) -> Set<BullMQClaim> {
        guard !claims.isEmpty else { return [] }
        let reply = try await queue.run(
            BullMQScripts.extend,
            [.integer(lock.lockMilliseconds)] + claims.flatMap { [.text($0.job), .text($0.token)] })
        guard let outcomes = reply.array, outcomes.count == claims.count else { throw .unexpectedReply }
        return Set(zip(claims, outcomes).filter { $0.1.integer == 1 }.map(\.0))
    }

    /// The result of recording an outcome.
    enum Settled: Sendable, Hashable {
        case valid
        /// The claim was not valid any more.
        case lost
        /// Children of the job are not done or have failed, so it cannot be completed; it is still claimed.
        case hasChildren
    }

    /// Ends claims, all of them or none.
    func settle(_ outcomes: [BullMQOutcome]) async throws(BullMQError) -> [Settled] {
        guard !outcomes.isEmpty else { return [] }
        let reply = try await queue.run(BullMQScripts.settle, outcomes.flatMap(\.arguments))
        guard let results = reply.array, results.count == outcomes.count else { throw .unexpectedReply }
        return results.map { result in
            switch result.integer {
            case 1: .valid
            case -4: .hasChildren
            default: .lost
            }
        }
    }

    // MARK: Waiting

    /// Signals new jobs, and makes those of workers that have died wait again, until the task is canceled.
    ///
    /// A marker wakes one waiting worker, so it must be taken only by one that will look: the wait begins when a claim has
    /// found nothing, and ends with the first marker.
    func watch(_ signals: WorkSignals) async {
        let blocking = BullMQMarkerClient(queue: queue, blockTime: settings.blockTime, logger: logger)
        await withDiscardingTaskGroup { group in
            group.addTask { await self.recoverRegularly() }
            var failures = 0
            while !Task.isCancelled {
                guard state.withLock({ $0.isDrained }) else {
                    await drained.wait(atMost: settings.blockTime)
                    continue
                }
                do {
                    try await blocking.wait()
                    if failures > 0 { signals.reconnected.signal() }
                    failures = 0
                    state.withLock { $0.isDrained = false }
                    signals.work.signal()
                } catch {
                    failures += 1
                    try? await Task.sleep(
                        for: BackOff.probing.delay(afterFailures: failures), clock: .continuous)
                }
            }
            group.cancelAll()
        }
        blocking.close()
    }

    private func recoverRegularly() async {
        await everyInterval(settings.stalledInterval) {
            do {
                let reply = try await self.queue.run(
                    BullMQScripts.recover,
                    [
                        .integer(Int64(self.settings.maximumStalls)),
                        .integer(self.settings.stalledInterval.millisecondsRoundedUp),
                    ])
                for id in reply.array ?? [] {
                    self.logger.warning(
                        "a job waits again because its worker died",
                        metadata: ["queue": "\(self.queue.name.queue)", "job": "\(id.text ?? "")"])
                }
            } catch {
                self.logger.debug("stalled jobs cannot be looked for", metadata: ["error": "\(error)"])
            }
        }
    }
}

extension BullMQError {
    /// Whether Redis may have done what it was asked, although there was no answer or none that could be read.
    fileprivate var mayHaveBeenCarriedOut: Bool {
        switch self {
        case .redis(let error): !error.isCertainlyNotExecuted
        case .invalid: false
        case .unexpectedReply: true
        }
    }
}

extension Duration {
    /// A lock has at least a millisecond.
    fileprivate var lockMilliseconds: Int64 { max(millisecondsRoundedUp, 1) }
}
