import PostgresClient
import Primitives
import Synchronization
import WorkQueue

/// The runs as leased work: what ``LeasedWorker`` needs to know of them.
final class ProvisioningRunStore: LeasedStore {
    private let repository: ProvisioningRunRepository
    private let tiers: TierTable
    private let signals = Mutex<WorkSignals?>(nil)

    init(repository: ProvisioningRunRepository, tiers: TierTable) {
        self.repository = repository
        self.tiers = tiers
    }

    /// Notifies the worker of this process that a run was stored.
    func announce() {
        signals.withLock { $0 }?.work.signal()
    }

    func claim(_ request: ClaimRequest) async throws -> [ProvisioningRun] {
        let full = tiers.tiers.filter { !request.fullBulkheads.isDisjoint(with: tiers.bulkheads(of: $0)) }
        var runs = try await repository.claim(limit: request.limit, lease: request.lease, excludedTiers: full)
        for index in runs.indices { runs[index].bulkheads = tiers.bulkheads(of: runs[index].tier) }
        return runs
    }

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
                    case .retry(let delay, let reason):
                        .provisioningFailed(by: "", reason: reason, retryAfter: delay)
                    case .deadLetter(let reason): .provisioningGivenUp(by: nil, reason: reason)
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
