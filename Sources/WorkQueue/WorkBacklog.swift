package import PostgresClient

/// How much work waits in a store.
package struct WorkBacklog: Sendable, Hashable {
    /// The most items that are counted.
    package static let maximumCount = 1000

    /// The queue, as ``WorkDescription`` names it.
    package let queue: String
    /// How many items are due and not claimed; counting stops at ``maximumCount``.
    package let waiting: Int
    /// For how long the oldest of them has been due.
    package let oldest: Duration

    package init(queue: String, waiting: Int, oldest: Duration) {
        self.queue = queue
        self.waiting = waiting
        self.oldest = oldest
    }

    /// Counts the due rows of a table, at most ``maximumCount`` of them, along an index on the column.
    /// - Parameters:
    ///   - column: When a row is due, of type `timestamptz`; in the future while it is claimed.
    ///   - condition: What else is true of the rows that are work.
    package static func statement(table: String, due column: String, where condition: String = "true")
        -> PostgresStatement
    {
        PostgresStatement(
            """
            SELECT count(*), (extract(epoch FROM now() - min(due)) * 1000000)::bigint
            FROM (
                SELECT \(column) AS due FROM \(table) WHERE \(column) <= now() AND \(condition)
                ORDER BY \(column) LIMIT \(maximumCount)) AS waiting
            """)
    }

    /// Reads what ``statement(table:due:where:)`` returns.
    package init(queue: String, _ result: PostgresResult) throws(PostgresError) {
        self.queue = queue
        waiting = Int(try result.first?.int64(0) ?? 0)
        oldest = .microseconds(try result.first?.int64IfPresent(1) ?? 0)
    }
}

/// A worker that knows how much work waits for it.
package protocol BacklogReporting: Sendable {
    /// Nil if its store cannot tell.
    func backlog() async throws -> WorkBacklog?
}

extension LeasedWorker: BacklogReporting {
    /// What waits in the store.
    package func backlog() async throws -> WorkBacklog? { try await store.backlog() }
}
