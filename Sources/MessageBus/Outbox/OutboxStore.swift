import PostgresClient
import Primitives
import Synchronization
import WorkQueue

/// The relay's view of `main.outbox`. Claims are taken lane by lane: see ``ClaimMemory``.
final class OutboxStore: Sendable {
    let pool: PostgresPool
    private let claims = Mutex(ClaimMemory<Identifier>())

    /// The relay works for all tenants.
    private static let settings = [PostgresSetting("app.tenant_id", "*")]
    private static let settling = settings + ClaimSettings.settling
    private static let claiming = settings + ClaimSettings.claiming
    private static let lowestLane = Identifier(high: 0, low: 0)

    init(pool: PostgresPool) { self.pool = pool }

    /// Claims runs of consecutive events, in order of their positions. Of a lane (an ordering key) these are always the
    /// first pending ones.
    /// - Parameters:
    ///   - limit: Most events.
    ///   - runLength: Most events of a lane.
    func claim(
        limit: Int, runLength: Int, lease: Duration
    ) async throws(MessageBusError) -> OutboxClaim {
        for claim in claims.withLock({ $0.lost.all }) {
            _ = try await query(
                OutboxStatements.releaseClaim, [.identifier(claim.id), .int64(Int64(claim.runLength))],
                settings: Self.claiming)
            claims.withLock { $0.lost.remove(claim) }
        }
        let id = Identifier.v4()
        let cursor = claims.withLock { $0.cursor }
        var events: [ClaimedEvent] = []
        let last: Identifier?
        do {
            let range = (runLength: runLength, lease: lease)
            events = try await claim(id, limit, range, from: cursor?.successor ?? Self.lowestLane, through: nil)
            if let cursor, events.count < limit {
                let others = try await claim(
                    id, limit - events.count, range, from: Self.lowestLane, through: cursor)
                last = others.map(\.event.orderingKey).max()
                events += others
            } else {
                last = events.map(\.event.orderingKey).max()
            }
        } catch {
            // The claim may be valid although its answer was lost; or only the second part has failed.
            loseAnswer(of: id, runLength: runLength)
            throw error
        }
        claims.withLock { $0.cursor = events.count == limit ? last : nil }
        return OutboxClaim(id: id, events: events.sorted { $0.position < $1.position })
    }

    private func claim(
        _ id: Identifier, _ limit: Int, _ range: (runLength: Int, lease: Duration), from first: Identifier,
        through last: Identifier?
    ) async throws(MessageBusError) -> [ClaimedEvent] {
        let result = try await query(
            OutboxStatements.claim,
            [
                .int64(Int64(limit)), .int64(Int64(range.runLength)), .identifier(id), .microseconds(range.lease),
                .identifier(first), .optional(last, PostgresValue.identifier),
            ], settings: Self.claiming)
        do {
            var events: [ClaimedEvent] = []
            events.reserveCapacity(result.rowCount)
            for row in result.rows {
                events.append(
                    ClaimedEvent(
                        position: try row.int64(0), event: try EventEnvelope(row: row, from: 1, replay: 11),
                        failures: try row.int(8)))
            }
            return events
        } catch {
            throw .database(error)
        }
    }

    /// Remembers a claim whose answer was lost, so that the next one gives its events back.
    func loseAnswer(of claim: Identifier, runLength: Int) {
        claims.withLock { $0.lost.add(LaneClaim(id: claim, runLength: runLength)) }
    }

    /// Records how claimed events ended, all or nothing.
    func settle(
        _ settlements: [(event: EventEnvelope, settlement: Settlement<Void>)], claim: Identifier
    ) async throws(MessageBusError) {
        var batch = PostgresBatch(settings: Self.claiming)
        var published: [Identifier] = []
        var released: [Identifier] = []
        let owner = PostgresValue.identifier(claim)
        for (event, settlement) in settlements {
            let id = PostgresValue.identifierArray([event.id])
            switch settlement {
            case .done: published.append(event.id)
            case .released: released.append(event.id)
            case .retry(let delay, let reason):
                batch.add(OutboxStatements.failed, [id, owner, .microseconds(delay), .text(reason)])
            case .deadLetter(let reason):
                batch.add(OutboxStatements.deadLettered, [id, owner, .text(reason)])
            }
        }
        if !published.isEmpty { batch.add(OutboxStatements.published, [.identifierArray(published), owner]) }
        if !released.isEmpty { batch.add(OutboxStatements.released, [.identifierArray(released), owner]) }
        do { _ = try await pool.run(batch) } catch { throw .database(error) }
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
    func outlook() async throws(MessageBusError) -> OutboxOutlook {
        let result = try await query(OutboxStatements.outlook, [], settings: Self.claiming)
        do {
            return OutboxOutlook(
                oldestTransaction: try result[0].int64(0),
                timeUntilDue: try result[0].int64IfPresent(1).map { .microseconds($0) })
        } catch {
            throw .database(error)
        }
    }

    /// Deletes published events, at most `limit`. Returns how many.
    func purge(before instant: Timestamp, limit: Int) async throws(MessageBusError) -> Int {
        try await query(OutboxStatements.purge, [.timestamp(instant), .int64(Int64(limit))]).affectedRows
    }

    /// Dead letters in the order of ``DeadLetterPosition``.
    func deadLetters(
        after position: DeadLetterPosition?, limit: Int
    ) async throws(MessageBusError) -> [DeadLetter] {
        let result = try await query(
            OutboxStatements.deadLetters,
            [
                .timestamp(position?.settledAt ?? Timestamp(microseconds: 0)),
                .identifier(position?.eventID ?? Identifier(high: 0, low: 0)), .int64(Int64(limit)),
            ])
        do {
            var letters: [DeadLetter] = []
            for row in result.rows {
                letters.append(
                    DeadLetter(
                        event: try EventEnvelope(row: row, from: 1, replay: 11), group: nil,
                        attempts: try row.int(8), lastError: try row.textIfPresent(9),
                        settledAt: try row.timestamp(10)))
            }
            return letters
        } catch {
            throw .database(error)
        }
    }

    /// How many dead letters there are; at most 1000 are counted.
    func deadLetterCount() async throws(MessageBusError) -> Int {
        let result = try await query(OutboxStatements.deadLetterCount, [])
        do { return try result[0].int(0) } catch { throw .database(error) }
    }

    /// Makes dead letters pending again and wakes the relays. Returns how many.
    func retry(_ ids: [Identifier]?) async throws(MessageBusError) -> Int {
        var batch = PostgresBatch(settings: OutboxStore.settings)
        let retry = batch.add(OutboxStatements.retry, [.optional(ids, PostgresValue.identifierArray)])
        batch.add(OutboxStatements.notify)
        do { return try await pool.run(batch)[retry].affectedRows } catch { throw .database(error) }
    }

    /// The clock by which it is recorded when events were published, and the name that distinguishes this outbox from others.
    func present() async throws(MessageBusError) -> (now: Timestamp, outbox: String) {
        let result = try await query(OutboxStatements.present, [])
        do { return (try result[0].timestamp(0), try result[0].text(1)) } catch { throw .database(error) }
    }

    /// Makes events pending again that were published within a time, in their places before later ones.
    /// - Returns: How many.
    func publishAgain(from first: Timestamp, to last: Timestamp) async throws(MessageBusError) -> Int {
        let limit = 1000
        var total = 0
        while true {
            let count = try await query(
                OutboxStatements.publishAgain, [.timestamp(first), .timestamp(last), .int64(Int64(limit))]
            ).affectedRows
            total += count
            if count < limit { return total }
        }
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

extension Identifier {
    /// The next one in the order of lanes; nil for the highest.
    fileprivate var successor: Identifier? {
        if low < .max { return Identifier(high: high, low: low + 1) }
        return high < .max ? Identifier(high: high + 1, low: 0) : nil
    }
}
