import Entities
import PostgresClient
import Primitives
import WorkQueue

/// Whose subscriptions are renewed next: tenants take turns.
struct RenewalTurns: Sendable {
    let pool: PostgresPool

    /// How many turns are taken at once when those before them found nothing due.
    private static let wideTurns = 256
    /// Bounds a claim, because a worker stops only after it.
    private static let maximumRounds = 100

    /// Puts due subscriptions under a claim.
    ///
    /// A tenant whose subscriptions were taken gets another turn when their leases end, because the node may have been killed. So
    /// after many renewals most turns find nothing due, and they must not delay those behind them: turns are taken until one finds
    /// something, or until only those are left whose subscriptions somebody else has locked.
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

    /// The first statement only locks the queues. The second one sees everything that was due by then, and what becomes due later
    /// waits for the lock and sets the turn again. A single statement would overlook what becomes due between its snapshot and its
    /// locks.
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
