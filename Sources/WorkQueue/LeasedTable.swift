package import PostgresClient
package import Primitives

/// A table whose rows are leased work: what the stores of such tables have in common. Leases and delays are counted by the
/// database's clock.
package final class LeasedTable: Sendable {
    private let pool: PostgresPool
    private let settings: [PostgresSetting]
    private let statements: LeasedTableStatements
    private let claims = UnansweredClaims()

    /// A table of leased work.
    /// - Parameters:
    ///   - settings: What row-level security needs to show every row.
    ///   - statements: Made once for each table.
    package init(pool: PostgresPool, settings: [PostgresSetting] = [], statements: LeasedTableStatements) {
        self.pool = pool
        self.settings = settings
        self.statements = statements
    }

    /// Claims due rows, the oldest first.
    /// - Parameter item: Makes an item of a row; column 0 is its key, the others follow.
    package func claim<Item: Sendable>(
        _ request: ClaimRequest, _ item: (RowClaim, PostgresRow) throws -> Item
    ) async throws -> [Item] {
        try await claim(item) { claim in
            Array(
                try await pool.query(
                    statements.claim,
                    [.int64(Int64(request.limit)), .identifier(claim), .microseconds(request.lease)], settings: settings
                ).rows)
        }
    }

    /// Claims rows in another order.
    /// - Parameters:
    ///   - item: Makes an item of a row; column 0 is its key, the others follow.
    ///   - take: Puts due rows under the claim that it is given, all of them or none, and returns them.
    package func claim<Item: Sendable>(
        _ item: (RowClaim, PostgresRow) throws -> Item, taking take: (Identifier) async throws -> [PostgresRow]
    ) async throws -> [Item] {
        try await claims.claim { claim in
            _ = try await pool.query(statements.releaseClaim, [.identifier(claim)], settings: settings)
        } taking: { claim in
            try await take(claim).map { row in try item(RowClaim(row: row.identifier(0), claim: claim), row) }
        }
    }

    /// Extends leases.
    /// - Returns: The claims that are still valid.
    package func renew(_ claims: [RowClaim], lease: Duration) async throws -> Set<RowClaim> {
        try RowClaim.all(
            in: await pool.query(
                statements.renew, RowClaim.arrays(claims) + [.microseconds(lease)], settings: settings))
    }

    /// Ends claims, all of them or none.
    /// - Parameter finish: The statement that finishes an item with its output. It touches the row only if it is under the
    ///   claim. Nil when the handler's own transaction has ended the claim.
    /// - Returns: The claims that were still valid.
    package func settle<Item: LeasedItem, Output: Sendable>(
        _ settlements: [(item: Item, settlement: Settlement<Output>)],
        finishing finish: (Item, Output) -> BoundStatement?
    ) async throws -> Set<RowClaim> where Item.Handle == RowClaim {
        var batch = PostgresBatch(settings: settings)
        var valid: Set<RowClaim> = []
        var handles: [RowClaim] = []
        for (item, settlement) in settlements {
            if let statement = statement(item, settlement, finish) {
                batch.add(statement)
                handles.append(item.handle)
            } else {
                valid.insert(item.handle)
            }
        }
        guard batch.count > 0 else { return valid }
        for (handle, result) in zip(handles, try await pool.run(batch)) where result.affectedRows > 0 {
            valid.insert(handle)
        }
        return valid
    }

    private func statement<Item: LeasedItem, Output: Sendable>(
        _ item: Item, _ settlement: Settlement<Output>, _ finish: (Item, Output) -> BoundStatement?
    ) -> BoundStatement? where Item.Handle == RowClaim {
        let values = item.handle.values
        return switch settlement {
        case .done(let output): finish(item, output)
        case .retry(let delay, let reason):
            BoundStatement(
                statements.retry, values + [.microseconds(delay), .text(FailureReason.stored(reason))])
        case .deadLetter(let reason):
            BoundStatement(statements.giveUp, values + [.text(FailureReason.stored(reason))])
        case .released(let delay): BoundStatement(statements.release, values + [.microseconds(delay)])
        }
    }

    /// How many rows are due and not claimed.
    /// - Parameter queue: Their queue, as their descriptions name it.
    package func backlog(_ queue: String) async throws -> WorkBacklog {
        try WorkBacklog(queue: queue, await pool.query(statements.backlog, settings: settings, as: .read))
    }

    /// How long until a row becomes due that is not due now; nil when none is known.
    package func timeUntilDue() async throws -> Duration? {
        try await pool.query(statements.timeUntilDue, settings: settings, as: .read).first?.int64IfPresent(0)
            .map { .microseconds($0) }
    }
}
