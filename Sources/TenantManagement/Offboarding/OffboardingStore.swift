import Entities
import Logging
import PostgresClient
import Primitives
import Synchronization
import WorkQueue

/// An off-boarding whose grace period is over, claimed by this process.
struct OffboardingWork: LeasedItem {
    struct Handle: Hashable, Sendable {
        let offboarding: Identifier
        let claim: Identifier
    }

    let handle: Handle
    let tenant: Identifier
    let failures: Int
    var description: WorkDescription {
        WorkDescription(
            queue: "offboardings", kind: "tenant", id: handle.offboarding.description, attempt: failures + 1,
            metadata: ["tenantId": "\(tenant)"])
    }
}

/// The scheduled off-boardings as leased work. Grace periods, leases and delays are counted by the database's clock.
final class OffboardingStore: LeasedStore {
    private struct State {
        var signals: WorkSignals?
        var lostClaims = LostClaims<Identifier>()
    }

    private let pool: PostgresPool
    private let state = Mutex(State())

    init(pool: PostgresPool) { self.pool = pool }

    /// Notifies the worker of this process that an off-boarding was scheduled.
    func announce() { state.withLock { $0.signals }?.work.signal() }

    func claim(_ request: ClaimRequest) async throws -> [OffboardingWork] {
        for claim in state.withLock({ $0.lostClaims.all }) {
            _ = try await query(Self.releasingClaim, [.identifier(claim)])
            state.withLock { $0.lostClaims.remove(claim) }
        }
        let claim = Identifier.v4()
        do {
            let result = try await query(
                Self.claiming, [.int64(Int64(request.limit)), .identifier(claim), .microseconds(request.lease)])
            return try result.rows.map { row in
                OffboardingWork(
                    handle: .init(offboarding: try row.identifier(0), claim: claim), tenant: try row.identifier(1),
                    failures: try row.int(2))
            }
        } catch {
            // The claim may be valid although its answer was lost.
            state.withLock { $0.lostClaims.add(claim) }
            throw error
        }
    }

    func renew(_ items: [OffboardingWork], lease: Duration) async throws -> Set<OffboardingWork.Handle> {
        try handles(
            try await query(
                Self.renewing,
                [
                    .identifierArray(items.map(\.handle.offboarding)), .identifierArray(items.map(\.handle.claim)),
                    .microseconds(lease),
                ]))
    }

    func settle(
        _ settlements: [(item: OffboardingWork, settlement: Settlement<Void>)]
    ) async throws -> Set<OffboardingWork.Handle> {
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        var ended: Set<OffboardingWork.Handle> = []
        for (item, settlement) in settlements {
            let identity: [PostgresValue] = [
                .identifier(item.handle.offboarding), .identifier(item.handle.claim),
            ]
            switch settlement {
            // The transaction that has asked the orchestrator has also ended the claim.
            case .done: ended.insert(item.handle)
            case .retry(let delay, let reason):
                batch.add(Self.retrying, identity + [.microseconds(delay), .text(reason)])
            case .deadLetter(let reason): batch.add(Self.failing, identity + [.text(reason)])
            case .released(let delay): batch.add(Self.releasing, identity + [.microseconds(delay)])
            }
        }
        guard batch.count > 0 else { return ended }
        for result in try await pool.run(batch) { ended.formUnion(try handles(result)) }
        return ended
    }

    func timeUntilDue() async throws -> Duration? {
        try await query(Self.due, [], as: .read).first?.int64IfPresent(0).map { .microseconds($0) }
    }

    func watch(_ signals: WorkSignals) async {
        state.withLock { $0.signals = signals }
        signals.work.signal()
    }

    private func query(
        _ statement: PostgresStatement, _ values: [PostgresValue], as workload: PostgresWorkload = .write
    ) async throws(PostgresError) -> PostgresResult {
        try await pool.query(statement, values, settings: TenantScope.everyTenant, as: workload)
    }

    private func handles(_ result: PostgresResult) throws(PostgresError) -> Set<OffboardingWork.Handle> {
        var handles: Set<OffboardingWork.Handle> = []
        for row in result.rows {
            handles.insert(.init(offboarding: try row.identifier(0), claim: try row.identifier(1)))
        }
        return handles
    }

    // MARK: SQL. Durations are microseconds.

    private static let claiming: PostgresStatement = """
        WITH due AS MATERIALIZED (
            SELECT id FROM main.offboardings WHERE due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
        UPDATE main.offboardings AS work SET claim = $2, due_at = now() + $3 * interval '1 microsecond'
        FROM due WHERE work.id = due.id
        RETURNING work.id, work.tenant_id, work.attempts
        """

    private static let releasingClaim: PostgresStatement = """
        UPDATE main.offboardings SET claim = NULL, due_at = now() WHERE claim = $1 AND due_at IS NOT NULL
        """

    private static let renewing: PostgresStatement = """
        UPDATE main.offboardings AS work SET due_at = now() + $3 * interval '1 microsecond'
        FROM unnest($1::uuid[], $2::uuid[]) AS mine (id, claim)
        WHERE work.id = mine.id AND work.claim = mine.claim
        RETURNING work.id, work.claim
        """

    private static let retrying: PostgresStatement = """
        UPDATE main.offboardings
        SET attempts = attempts + 1, due_at = now() + $3 * interval '1 microsecond', claim = NULL, last_error = $4
        WHERE id = $1 AND claim = $2
        RETURNING id, $2::uuid
        """

    private static let failing: PostgresStatement = """
        UPDATE main.offboardings
        SET attempts = attempts + 1, state = 3, due_at = NULL, claim = NULL, last_error = $3,
            ended_on = date_trunc('milliseconds', now())
        WHERE id = $1 AND claim = $2
        RETURNING id, $2::uuid
        """

    private static let releasing: PostgresStatement = """
        UPDATE main.offboardings SET due_at = now() + $3 * interval '1 microsecond', claim = NULL
        WHERE id = $1 AND claim = $2
        RETURNING id, $2::uuid
        """

    private static let due: PostgresStatement = """
        SELECT (extract(epoch FROM min(due_at) - now()) * 1000000)::bigint FROM main.offboardings WHERE due_at > now()
        """
}
