import MessageBus
import PostgresClient
import Primitives
import Synchronization
import WorkQueue

/// The copies that moves have left, as leased work.
final class OldCopyStore: LeasedStore {
    private let pool: PostgresPool
    private let signals = Mutex<WorkSignals?>(nil)
    private let lostClaims = Mutex(LostClaims<Identifier>())

    init(pool: PostgresPool) { self.pool = pool }

    func claim(_ request: ClaimRequest) async throws -> [OldCopy] {
        for claim in lostClaims.withLock({ $0.all }) {
            _ = try await pool.query(OldCopyStatements.releaseClaim, [.identifier(claim)])
            lostClaims.withLock { $0.remove(claim) }
        }
        let claim = Identifier.v4()
        do {
            let result = try await pool.query(
                OldCopyStatements.claim,
                [.int64(Int64(request.limit)), .identifier(claim), .microseconds(request.lease)])
            return try result.rows.map { row in
                let placement = try TenantPlacement(row)
                return OldCopy(
                    handle: .init(tenant: placement.tenant, claim: claim), placement: placement,
                    failures: try row.int(8))
            }
        } catch {
            // The claim may be valid although its answer was lost.
            lostClaims.withLock { $0.add(claim) }
            throw error
        }
    }

    func renew(_ items: [OldCopy], lease: Duration) async throws -> Set<OldCopy.Handle> {
        let result = try await pool.query(
            OldCopyStatements.renew,
            [
                .identifierArray(items.map(\.handle.tenant)), .identifierArray(items.map(\.handle.claim)),
                .microseconds(lease),
            ])
        var handles: Set<OldCopy.Handle> = []
        for row in result.rows {
            handles.insert(OldCopy.Handle(tenant: try row.identifier(0), claim: try row.identifier(1)))
        }
        return handles
    }

    func settle(
        _ settlements: [(item: OldCopy, settlement: Settlement<Void>)]
    ) async throws -> Set<OldCopy.Handle> {
        var batch = PostgresBatch()
        for (item, settlement) in settlements {
            let key: [PostgresValue] = [.identifier(item.handle.tenant), .identifier(item.handle.claim)]
            switch settlement {
            case .done: batch.add(OldCopyStatements.done, key)
            case .released(let delay): batch.add(OldCopyStatements.release, key + [.microseconds(delay)])
            case .retry(let delay, let reason):
                batch.add(
                    OldCopyStatements.retry, key + [.microseconds(delay), .text(FailureReason.stored(reason))])
            case .deadLetter(let reason):
                batch.add(OldCopyStatements.giveUp, key + [.text(FailureReason.stored(reason))])
            }
        }
        let results = try await pool.run(batch)
        return Set(zip(settlements, results).filter { $1.affectedRows == 1 }.map { $0.0.item.handle })
    }

    func timeUntilDue() async throws -> Duration? {
        try await pool.query(OldCopyStatements.timeUntilDue).first?.int64IfPresent(0).map { .microseconds($0) }
    }

    func watch(_ signals: WorkSignals) async {
        self.signals.withLock { $0 = signals }
        signals.work.signal()
    }

    /// Marks a tenant's old copy as no longer needed, once for each event.
    func confirm(_ tenant: Identifier, event: Identifier, at now: Timestamp) async throws {
        var batch = PostgresBatch()
        batch.add(Inbox.claim(event, consumer: MoveConfirmationConsumer.group, at: now))
        batch.add(OldCopyStatements.confirm, [.identifier(tenant)])
        _ = try await pool.run(batch)
        signals.withLock { $0 }?.work.signal()
    }

    /// How many removals were given up.
    func givenUpCount() async throws -> Int {
        try await pool.query(OldCopyStatements.givenUp).first?.int(0) ?? 0
    }
}
