import WorkQueue

/// Runs whose progress was not reported yet, as leased work.
struct ProgressStore: LeasedStore {
    private let repository: ProvisioningRunRepository
    private let claims = UnansweredClaims()

    init(repository: ProvisioningRunRepository) { self.repository = repository }

    func claim(_ request: ClaimRequest) async throws -> [ProgressItem] {
        try await claims.claim { claim in
            try await repository.releaseProgress(claim: claim)
        } taking: { claim in
            try await repository.claimProgress(claim, limit: request.limit, lease: request.lease)
        }
    }

    func renew(_ items: [ProgressItem], lease: Duration) async throws -> Set<RowClaim> {
        try await repository.renewProgress(items, lease: lease)
    }

    func settle(
        _ settlements: [(item: ProgressItem, settlement: Settlement<ProgressOutcome>)]
    ) async throws -> Set<RowClaim> {
        try await repository.recordProgress(
            settlements.map { item, settlement in
                let outcome: ProgressOutcome =
                    switch settlement {
                    case .done(let outcome): outcome
                    case .released(let delay), .retry(let delay, _): .postponed(delay)
                    case .deadLetter: .dropped
                    }
                return (item, outcome)
            })
    }

    func backlog() async throws -> WorkBacklog? { try await repository.progressBacklog() }

    func timeUntilDue() async throws -> Duration? { try await repository.timeUntilProgress() }
}
