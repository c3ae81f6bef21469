import Logging
import PostgresClient
import Primitives
import Synchronization
import WorkQueue

/// A group's deliveries in the message bus database. Claims are taken lane by lane: see ``ClaimMemory``.
final class PostgresDeliveryStore: LeasedStore {
    private let pool: PostgresPool
    private let listener: PostgresConfiguration?
    private let subscription: Subscription
    private let logger: Logger
    private let claims = Mutex(ClaimMemory<String>())

    init(pool: PostgresPool, listener: PostgresConfiguration?, subscription: Subscription, logger: Logger) {
        self.pool = pool
        self.listener = listener
        self.subscription = subscription
        self.logger = logger
    }

    private var group: PostgresValue { .text(subscription.group) }
    private var types: PostgresValue { .textArray(subscription.types.sorted()) }

    /// Registers the group and delivers what is still kept of types that are new to it, chunk by chunk.
    func prepare() async throws {
        let known = try await pool.query(PostgresBusStatements.isRegistered, [group, types])
        if try known.first?.bool(0) != true {
            var batch = PostgresBatch()
            // Published events are delivered to the group from here on; those of before have lower positions.
            batch.add(PostgresBusStatements.lockExclusive)
            batch.add(PostgresBusStatements.planBackfill, [group, types])
            batch.add(PostgresBusStatements.register, [group, types])
            _ = try await pool.run(batch)
        }
        while try await backfill() { try Task.checkCancellation() }
    }

    /// Delivers one chunk of what was published before the group was registered.
    /// - Returns: Whether there may be more.
    private func backfill() async throws -> Bool {
        let chunk = PostgresValue.int64(Int64(PostgresBusStatements.backfillSize))
        var batch = PostgresBatch()
        let advanced = batch.add(PostgresBusStatements.backfill, [group, types, chunk])
        batch.add(PostgresBusStatements.endBackfill, [group])
        let hasMore = try await pool.run(batch)[advanced].rowCount > 0
        if !hasMore { _ = try await pool.query(PostgresBusStatements.notify, [group]) }
        return hasMore
    }

    func claim(_ request: ClaimRequest) async throws -> [ClaimedDelivery] {
        for claim in claims.withLock({ $0.lost.all }) {
            _ = try await query(
                PostgresBusStatements.releaseClaim,
                [group, types, .identifier(claim.id), .int64(Int64(claim.runLength))])
            claims.withLock { $0.lost.remove(claim) }
        }
        let id = Identifier.v4()
        let cursor = claims.withLock { $0.cursor }
        var deliveries: [ClaimedDelivery] = []
        var lanes = 0
        let last: Identifier?
        do {
            deliveries = try await claim(id, request, limit: request.limit, after: cursor ?? "", through: nil)
            lanes = Self.laneCount(deliveries)
            if let cursor, lanes < request.limit {
                let others = try await claim(id, request, limit: request.limit - lanes, after: "", through: cursor)
                last = others.map(\.event.orderingKey).max()
                lanes += Self.laneCount(others)
                deliveries += others
            } else {
                last = deliveries.map(\.event.orderingKey).max()
            }
        } catch {
            // The claim may be valid although its answer was lost; or only the second part has failed.
            loseAnswer(of: id, runLength: request.runLength)
            throw error
        }
        claims.withLock { claims in
            claims.cursor = lanes == request.limit ? last.map { "\(subscription.group):\($0)" } : nil
        }
        return deliveries
    }

    private static func laneCount(_ deliveries: [ClaimedDelivery]) -> Int {
        Set(deliveries.map(\.event.orderingKey)).count
    }

    /// Remembers a claim whose answer was lost, so that the next one gives its deliveries back.
    func loseAnswer(of claim: Identifier, runLength: Int) {
        claims.withLock { $0.lost.add(LaneClaim(id: claim, runLength: runLength)) }
    }

    private func claim(
        _ id: Identifier, _ request: ClaimRequest, limit: Int, after first: String, through last: String?
    ) async throws -> [ClaimedDelivery] {
        let result = try await query(
            PostgresBusStatements.claim,
            [
                group, types, .int64(Int64(limit)), .identifier(id), .microseconds(request.lease),
                .text(first), .optional(last, PostgresValue.text), .int64(Int64(request.runLength)),
            ])
        var deliveries: [ClaimedDelivery] = []
        for row in result.rows {
            deliveries.append(
                ClaimedDelivery(
                    handle: ClaimedDelivery.Handle(position: try row.int64(0), claim: id),
                    event: try EventEnvelope(row: row, from: 1, replay: 11), group: subscription.group,
                    failures: try row.int(8)))
        }
        return Self.grouped(deliveries)
    }

    /// Lane by lane in the order in which they came, and by position within each.
    private static func grouped(_ deliveries: [ClaimedDelivery]) -> [ClaimedDelivery] {
        var places: [Identifier: Int] = [:]
        for delivery in deliveries where places[delivery.event.orderingKey] == nil {
            places[delivery.event.orderingKey] = places.count
        }
        func place(_ delivery: ClaimedDelivery) -> (Int, Int64) {
            (places[delivery.event.orderingKey] ?? 0, delivery.position)
        }
        return deliveries.sorted { place($0) < place($1) }
    }

    func renew(_ items: [ClaimedDelivery], lease: Duration) async throws -> Set<ClaimedDelivery.Handle> {
        try await handles(
            query(PostgresBusStatements.renew, [group] + Self.identities(items) + [.microseconds(lease)]))
    }

    func settle(
        _ settlements: [(item: ClaimedDelivery, settlement: Settlement<Void>)]
    ) async throws -> Set<ClaimedDelivery.Handle> {
        var done: [ClaimedDelivery] = []
        var batch = PostgresBatch(settings: ClaimSettings.claiming)
        for (item, settlement) in settlements {
            let identity = [group] + Self.identities([item])
            switch settlement {
            case .done: done.append(item)
            case .retry(let delay, let reason):
                batch.add(PostgresBusStatements.failed, identity + [.microseconds(delay), .text(reason)])
            case .deadLetter(let reason):
                batch.add(PostgresBusStatements.deadLettered, identity + [.text(reason)])
            case .released(let delay):
                batch.add(PostgresBusStatements.released, identity + [.microseconds(delay)])
            }
        }
        if !done.isEmpty { batch.add(PostgresBusStatements.done, [group] + Self.identities(done)) }
        var valid: Set<ClaimedDelivery.Handle> = []
        for result in try await pool.run(batch) { valid.formUnion(try handles(result)) }
        return valid
    }

    func timeUntilDue() async throws -> Duration? {
        try await query(PostgresBusStatements.timeUntilDue, [group, types]).first?.int64IfPresent(0).map {
            .microseconds($0)
        }
    }

    func watch(_ signals: WorkSignals) async {
        guard let listener else { return }
        await signals.signal(
            onNotificationsOf: "message_bus", payload: subscription.group, from: listener, logger: logger)
    }

    private func query(
        _ statement: PostgresStatement, _ values: [PostgresValue]
    ) async throws(PostgresError) -> PostgresResult {
        try await pool.query(statement, values, settings: ClaimSettings.claiming)
    }

    private static func identities(_ items: [ClaimedDelivery]) -> [PostgresValue] {
        [.int64Array(items.map(\.position)), .identifierArray(items.map(\.handle.claim))]
    }

    private func handles(_ result: PostgresResult) throws -> Set<ClaimedDelivery.Handle> {
        var handles: Set<ClaimedDelivery.Handle> = []
        for row in result.rows {
            handles.insert(ClaimedDelivery.Handle(position: try row.int64(0), claim: try row.identifier(1)))
        }
        return handles
    }
}
