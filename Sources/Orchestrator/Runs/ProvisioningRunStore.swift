import WorkQueue

/// The runs as leased work: what ``LeasedWorker`` needs to know of them.
struct ProvisioningRunStore: LeasedStore {
    private let repository: ProvisioningRunRepository
    private let tiers: TierTable
    let claims = UnansweredClaims()
    private let announcements = WorkAnnouncements()

    init(repository: ProvisioningRunRepository, tiers: TierTable) {
        self.repository = repository
        self.tiers = tiers
    }

    /// Notifies the worker of this process that a run was stored.
    func announce() { announcements.announce() }

    func claim(_ request: ClaimRequest) async throws -> [ProvisioningRun] {
        let full = tiers.tiers.filter { !request.fullBulkheads.isDisjoint(with: tiers.bulkheads(of: $0)) }
        var runs = try await claims.claim { claim in
            try await repository.release(claim: claim)
        } taking: { claim in
            try await repository.claim(claim, limit: request.limit, lease: request.lease, excludedTiers: full)
        }
        for index in runs.indices { runs[index].bulkheads = tiers.bulkheads(of: runs[index].tier) }
        return runs
    }

    func renew(_ items: [ProvisioningRun], lease: Duration) async throws -> Set<RowClaim> {
        try await repository.renew(items, lease: lease)
    }

    func settle(
        _ settlements: [(item: ProvisioningRun, settlement: Settlement<RunTransition>)]
    ) async throws -> Set<RowClaim> {
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

    func backlog() async throws -> WorkBacklog? { try await repository.backlog() }

    func watch(_ signals: WorkSignals) async { announcements.watch(signals) }
}
