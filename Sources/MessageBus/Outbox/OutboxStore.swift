import PostgresClient
import Primitives

/// The relay's view of `main.outbox`: each method is one round trip.
struct OutboxStore: Sendable {
    let pool: PostgresPool

    /// The relay works for all tenants.
    private static let settings = [PostgresSetting("app.tenant_id", "*")]
    private static let settling = settings + ClaimSettings.settling
    private static let claiming = settings + ClaimSettings.claiming

    /// Takes the first pending event of up to `limit` ordering keys, oldest first.
    func claim(
        limit: Int, claim: Identifier, now: Timestamp, until: Timestamp
    ) async throws(MessageBusError) -> [ClaimedEvent] {
        let result = try await query(
            OutboxStatements.claim,
            [.timestamp(now), .int64(Int64(limit)), .identifier(claim), .timestamp(until)],
            settings: OutboxStore.claiming)
        do {
            var events: [ClaimedEvent] = []
            events.reserveCapacity(result.rowCount)
            for row in result.rows {
                events.append(
                    ClaimedEvent(
                        position: try row.int64(0), event: try EventEnvelope(row: row, from: 1),
                        failures: try row.int(8)))
            }
            return events.sorted { $0.position < $1.position }
        } catch {
            throw .database(error)
        }
    }

    /// Writes down what became of claimed events, all or nothing.
    func settle(
        _ verdicts: [(event: EventEnvelope, verdict: OutboxVerdict)], claim: Identifier, now: Timestamp
    ) async throws(MessageBusError) {
        var batch = PostgresBatch(settings: OutboxStore.settling)
        var published: [Identifier] = []
        let owner = PostgresValue.identifier(claim)
        for (event, verdict) in verdicts {
            let id = PostgresValue.identifier(event.id)
            switch verdict {
            case .published:
                published.append(event.id)
            case .retry(let instant, let reason):
                batch.add(OutboxStatements.failed, [id, owner, .timestamp(instant), .text(reason)])
            case .dead(let reason):
                batch.add(OutboxStatements.buried, [id, owner, .timestamp(now), .text(reason)])
            }
        }
        if !published.isEmpty {
            batch.add(OutboxStatements.published, [.identifierArray(published), owner, .timestamp(now)])
        }
        do { _ = try await pool.run(batch) } catch { throw .database(error) }
    }

    /// Gives back everything under a claim.
    func release(claim: Identifier) async throws(MessageBusError) {
        _ = try await query(OutboxStatements.released, [.identifier(claim)], settings: OutboxStore.settling)
    }

    /// Asks for notifications.
    /// - Returns: A transaction number if they were off: transactions with lower ones may not have seen the change.
    func arm() async throws(MessageBusError) -> Int64? {
        // Two requests: the number must be taken after the commit of the change.
        try await query(OutboxStatements.arm, []).affectedRows > 0 ? try await transactionNumber() : nil
    }

    /// A number above those of all transactions that have one now.
    func transactionNumber() async throws(MessageBusError) -> Int64 {
        let result = try await query(OutboxStatements.transactionNumber, [], settings: ClaimSettings.settling)
        do { return try result[0].int64(0) } catch { throw .database(error) }
    }

    /// Asks for no more notifications.
    func disarm() async throws(MessageBusError) {
        _ = try await query(OutboxStatements.disarm, [], settings: OutboxStore.settling)
    }

    /// What is running and what comes next.
    func outlook(now: Timestamp) async throws(MessageBusError) -> OutboxOutlook {
        let result = try await query(OutboxStatements.outlook, [.timestamp(now)])
        do {
            return OutboxOutlook(
                oldestTransaction: try result[0].int64(0), nextDue: try result[0].timestampIfPresent(1))
        } catch {
            throw .database(error)
        }
    }

    /// Deletes published events, at most `limit`. Returns how many.
    func purge(before instant: Timestamp, limit: Int) async throws(MessageBusError) -> Int {
        try await query(OutboxStatements.purge, [.timestamp(instant), .int64(Int64(limit))]).affectedRows
    }

    /// The oldest dead letters.
    func deadLetters(limit: Int) async throws(MessageBusError) -> [DeadLetter] {
        let result = try await query(OutboxStatements.deadLetters, [.int64(Int64(limit))])
        do {
            var letters: [DeadLetter] = []
            for row in result.rows {
                letters.append(
                    DeadLetter(
                        event: try EventEnvelope(row: row, from: 1), group: nil, attempts: try row.int(8),
                        lastError: try row.textIfPresent(9), settledAt: try row.timestamp(10)))
            }
            return letters
        } catch {
            throw .database(error)
        }
    }

    /// Makes dead letters pending again and wakes the relays. Returns how many.
    func retry(_ ids: [Identifier]?) async throws(MessageBusError) -> Int {
        var batch = PostgresBatch(settings: OutboxStore.settings)
        let retry = batch.add(OutboxStatements.retry, [.optional(ids, PostgresValue.identifierArray)])
        batch.add(OutboxStatements.notify)
        do { return try await pool.run(batch)[retry].affectedRows } catch { throw .database(error) }
    }

    /// How much waits.
    func backlog() async throws(MessageBusError) -> OutboxBacklog {
        let result = try await query(OutboxStatements.backlog, [])
        do {
            guard let row = result.first else { return OutboxBacklog(pending: 0, dead: 0, oldestPending: nil) }
            return OutboxBacklog(
                pending: try row.int(0), dead: try row.int(1), oldestPending: try row.timestampIfPresent(2))
        } catch {
            throw .database(error)
        }
    }

    private func query(
        _ statement: PostgresStatement, _ values: [PostgresValue], settings: [PostgresSetting] = OutboxStore.settings
    ) async throws(MessageBusError) -> PostgresResult {
        do { return try await pool.query(statement, values, settings: settings) } catch {
            throw .database(error)
        }
    }
}
