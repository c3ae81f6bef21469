import PostgresClient
import Primitives
import Synchronization
import WorkQueue

/// The runs as leased work: what ``LeasedWorker`` needs to know of them.
final class ProvisioningRunStore: LeasedStore {
    private let repository: ProvisioningRunRepository
    private let tiers: TierTable
    private let signals = Mutex<WorkSignals?>(nil)
    private let lostClaims = Mutex(LostClaims<Identifier>())

    init(repository: ProvisioningRunRepository, tiers: TierTable) {
        self.repository = repository
        self.tiers = tiers
    }

    /// Notifies the worker of this process that a run was stored.
    func announce() {
        signals.withLock { $0 }?.work.signal()
    }

    func claim(_ request: ClaimRequest) async throws -> [ProvisioningRun] {
        for claim in lostClaims.withLock({ $0.all }) {
            try await repository.release(claim: claim)
            lostClaims.withLock { $0.remove(claim) }
        }
        let full = tiers.tiers.filter { !request.fullBulkheads.isDisjoint(with: tiers.bulkheads(of: $0)) }
        let claim = Identifier.v4()
        var runs: [ProvisioningRun]
        do {
            runs = try await repository.claim(
                claim, limit: request.limit, lease: request.lease, excludedTiers: full)
        } catch {
            // The claim may be valid although its answer was lost.
            loseAnswer(of: claim)
            throw error
        }
        for index in runs.indices { runs[index].bulkheads = tiers.bulkheads(of: runs[index].tier) }
        return runs
    }

    /// Remembers a claim whose answer was lost, so that the next one gives its runs back.
    func loseAnswer(of claim: Identifier) { lostClaims.withLock { $0.add(claim) } }

    func renew(_ items: [ProvisioningRun], lease: Duration) async throws -> Set<ProvisioningRun.Handle> {
        try await repository.renew(items, lease: lease)
    }

    func settle(
        _ settlements: [(item: ProvisioningRun, settlement: Settlement<RunTransition>)]
    ) async throws -> Set<ProvisioningRun.Handle> {
        try await repository.record(
            settlements.map { item, settlement in
                let transition: RunTransition =
                    switch settlement {
                    case .done(let transition): transition
                    case .released(let delay): .released(after: delay)
                    // The handler never fails: it returns a transition.
                    case .retry(let delay, _): .released(after: delay)
                    case .deadLetter: .released(after: .seconds(1))
                    }
                return (item, transition)
            })
    }

    func timeUntilDue() async throws -> Duration? {
        try await repository.timeUntilDue()
    }

    func watch(_ signals: WorkSignals) async {
        self.signals.withLock { $0 = signals }
        signals.work.signal()
    }
}
