import Entities
import PostgresClient
import Primitives
import WorkQueue

/// Whose subscriptions are renewed next: tenants take turns.
struct RenewalTurns: Sendable {
    let pool: PostgresPool

    /// How many turns are looked at when those of a claim led to nothing.
    private static let wideTurns = 256
    /// A claim ends at some time, so that a worker that is to stop need not wait for it.
    private static let maximumRounds = 100

    /// Puts due subscriptions under a claim.
    ///
    /// A tenant whose subscriptions were taken gets a turn when their leases have ended, in case that a node was killed. After a day
    /// of many renewals most turns lead to nothing therefore, and they must not delay those behind them: turns are taken until one
    /// leads to something, or until they do not change any more because somebody else has locked what is due.
    func take(_ request: ClaimRequest, under claim: Identifier) async throws -> [PostgresRow] {
        var seen: Set<Identifier> = []
        var turns = request.limit
        for _ in 0..<Self.maximumRounds {
            let (tenants, rows) = try await take(turns, request, under: claim)
            guard rows.isEmpty, !seen.isSuperset(of: tenants) else { return rows }
            seen.formUnion(tenants)
            turns = max(turns, Self.wideTurns)
        }
        return []
    }

    /// The queues are locked by a statement of its own: the next one sees everything that was due when they were locked, and what
    /// becomes due from then on waits for the lock and sets the turn anew. In a single statement, what became due between its snapshot
    /// and its locks would be overlooked.
    private func take(
        _ turns: Int, _ request: ClaimRequest, under claim: Identifier
    ) async throws -> (tenants: [Identifier], rows: [PostgresRow]) {
        try await pool.withTransaction(settings: TenantScope.everyTenant) { transaction in
            let tenants = try await transaction.query(RenewalStatements.turns, [.int64(Int64(turns))]).rows.map {
                try $0.identifier(0)
            }
            guard !tenants.isEmpty else { return ([], []) }
            let claimed = try await transaction.query(
                RenewalStatements.claiming,
                [
                    .int64(Int64(request.limit)), .identifier(claim), .microseconds(request.lease),
                    .identifierArray(tenants),
                ])
            return (tenants, Array(claimed.rows))
        }
    }
}
