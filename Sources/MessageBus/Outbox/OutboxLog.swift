package import Entities
package import PostgresClient
package import Primitives

/// The events of an outbox, for operators: without a relay. Reads as long as the retention keeps them.
package struct OutboxLog: Sendable {
    private let pool: PostgresPool

    /// - Parameter pool: Connections to the database with the outbox, as its runtime role or its owner.
    package init(pool: PostgresPool) { self.pool = pool }

    /// One event with all of its content.
    package func event(_ id: Identifier) async throws(MessageBusError) -> LoggedEvent? {
        try await events(OutboxLogStatements.one, [.identifier(id)]).first
    }

    /// The newest events that a query asks for.
    package func events(_ query: OutboxQuery) async throws(MessageBusError) -> [LoggedEvent] {
        try await events(
            OutboxLogStatements.newest(
                hasType: query.type != nil, hasTenant: query.tenant != nil, hasState: query.state != nil),
            [
                .optional(query.type, PostgresValue.text), .optional(query.tenant, PostgresValue.identifier),
                .optional(query.state.map { Int64($0.rawValue) }, PostgresValue.int64),
                .timestamp(query.since ?? Timestamp(microseconds: 0)), .int64(Int64(query.limit)),
            ])
    }

    private func events(
        _ statement: PostgresStatement, _ values: [PostgresValue]
    ) async throws(MessageBusError) -> [LoggedEvent] {
        do {
            let result = try await pool.query(statement, values, settings: TenantScope.everyTenant, as: .search)
            var events: [LoggedEvent] = []
            for row in result.rows {
                events.append(
                    LoggedEvent(
                        event: try EventEnvelope(row: row, from: 1, replay: 11),
                        state: OutboxState(rawValue: try row.int(13)) ?? .pending, attempts: try row.int(8),
                        settledAt: try row.timestampIfPresent(10), lastError: try row.textIfPresent(9),
                        replayedBy: try row.textIfPresent(14), replayReason: try row.textIfPresent(15)))
            }
            return events
        } catch {
            throw .database(error)
        }
    }

    /// Publishes an event again, under its own identity: handlers run again although they have marked the original as
    /// handled. Its content, tenant and time are those of the original; the relay publishes it behind what waits already.
    /// - Parameters:
    ///   - groups: The only groups that get it; empty: all that ask for its type.
    ///   - reason: Why, for the record.
    ///   - context: Who does it.
    /// - Returns: The identity of the replay.
    /// - Throws: ``EventReplayError``.
    package func replay(
        _ id: Identifier, to groups: Set<String> = [], reason: String, in context: WriteContext
    ) async throws -> Identifier {
        let replay = Identifier.v7(at: context.now)
        try await context.withTransaction(on: pool, resource: replay) { transaction in
            let stored = try await transaction.query(
                OutboxLogStatements.replay,
                [
                    .identifier(id), .identifier(replay), .optional(context.trace?.stored, PostgresValue.text),
                    groups.isEmpty ? .null : .textArray(groups.sorted()),
                    .optional(context.actor.text, PostgresValue.text), .text(reason),
                ])
            guard stored.affectedRows == 0 else { return }
            let found = try await transaction.query(OutboxLogStatements.state, [.identifier(id)])
            guard let row = found.first else { throw EventReplayError.notFound }
            throw EventReplayError.notPublished(OutboxState(rawValue: try row.int(0)) ?? .pending)
        }
        return replay
    }

    /// How many events wait to be published, counted to a limit, and when the oldest of them happened.
    package func backlog() async throws(MessageBusError) -> GroupBacklog {
        do {
            let result = try await pool.query(
                OutboxLogStatements.backlog, [.int64(Int64(GroupBacklog.maximumCount))],
                settings: TenantScope.everyTenant, as: .read)
            guard let row = result.first else { return GroupBacklog(waiting: 0, oldest: nil) }
            return GroupBacklog(waiting: try row.int(0), oldest: try row.timestampIfPresent(1))
        } catch {
            throw .database(error)
        }
    }
}
