import PostgresClient
import Primitives
import Synchronization
import WorkQueue

/// Runs whose progress was not reported yet, as leased work.
final class ProgressStore: LeasedStore {
    private let repository: ProvisioningRunRepository
    private let lostClaims = Mutex(LostClaims<Identifier>())

    init(repository: ProvisioningRunRepository) { self.repository = repository }

    func claim(_ request: ClaimRequest) async throws -> [ProgressItem] {
        for claim in lostClaims.withLock({ $0.all }) {
            try await repository.releaseProgress(claim: claim)
            lostClaims.withLock { $0.remove(claim) }
        }
        let claim = Identifier.v4()
        do {
            return try await repository.claimProgress(claim, limit: request.limit, lease: request.lease)
        } catch {
            // The claim may be valid although its answer was lost.
            lostClaims.withLock { $0.add(claim) }
            throw error
        }
    }

    func renew(_ items: [ProgressItem], lease: Duration) async throws -> Set<ProgressItem.Handle> {
        try await repository.renewProgress(items, lease: lease)
    }

    func settle(
        _ settlements: [(item: ProgressItem, settlement: Settlement<ProgressOutcome>)]
    ) async throws -> Set<ProgressItem.Handle> {
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

    func timeUntilDue() async throws -> Duration? { try await repository.timeUntilProgress() }
}
