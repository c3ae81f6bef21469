import Entities
import PostgresClient
import Primitives
import Synchronization
import WorkQueue

/// A change of a tenant's users that is claimed by this process.
struct IdentityChange: LeasedItem {
    struct Handle: Hashable, Sendable {
        let tenant: Identifier
        let claim: Identifier
    }

    let handle: Handle
    let goal: IdentityAccount.Goal
    /// Of the tenant's row. If it is another one at the end, the tenant has changed meanwhile and the work goes on.
    let version: Int64
    let failures: Int

    var tenant: Identifier { handle.tenant }
    var description: WorkDescription {
        WorkDescription(
            queue: "identities", kind: goal.rawValue, id: handle.tenant.description, attempt: failures + 1)
    }
}

/// The changes of users as leased work. Leases and delays are counted by the database's clock.
final class IdentityChangeStore: LeasedStore {
    private let pool: PostgresPool
    private let lostClaims = Mutex(LostClaims<Identifier>())

    init(pool: PostgresPool) { self.pool = pool }

    func claim(_ request: ClaimRequest) async throws -> [IdentityChange] {
        for claim in lostClaims.withLock({ $0.all }) {
            _ = try await query(Self.releasingClaim, [.identifier(claim)])
            lostClaims.withLock { $0.remove(claim) }
        }
        let claim = Identifier.v4()
        do {
            let result = try await query(
                Self.claiming, [.int64(Int64(request.limit)), .identifier(claim), .microseconds(request.lease)])
            return try result.rows.map { row in
                IdentityChange(
                    handle: .init(tenant: try row.identifier(0), claim: claim),
                    // The table allows no other values.
                    goal: IdentityAccount.Goal(rawValue: try row.text(1)) ?? .disabled, version: try row.int64(2),
                    failures: try row.int(3))
            }
        } catch {
            // The claim may be valid although its answer was lost.
            lostClaims.withLock { $0.add(claim) }
            throw error
        }
    }

    func renew(_ items: [IdentityChange], lease: Duration) async throws -> Set<IdentityChange.Handle> {
        try handles(
            try await query(
                Self.renewing,
                [
                    .identifierArray(items.map(\.handle.tenant)), .identifierArray(items.map(\.handle.claim)),
                    .microseconds(lease),
                ]))
    }

    func settle(
        _ settlements: [(item: IdentityChange, settlement: Settlement<Void>)]
    ) async throws -> Set<IdentityChange.Handle> {
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        for (item, settlement) in settlements {
            let identity: [PostgresValue] = [.identifier(item.handle.tenant), .identifier(item.handle.claim)]
            switch settlement {
            case .done: batch.add(Self.ending, identity + [.int64(item.version)])
            case .retry(let delay, let reason):
                batch.add(Self.retrying, identity + [.microseconds(delay), .text(reason)])
            case .deadLetter(let reason): batch.add(Self.givingUp, identity + [.text(reason)])
            case .released(let delay): batch.add(Self.releasing, identity + [.microseconds(delay)])
            }
        }
        var valid: Set<IdentityChange.Handle> = []
        for result in try await pool.run(batch) { valid.formUnion(try handles(result)) }
        return valid
    }

    func timeUntilDue() async throws -> Duration? {
        try await query(Self.due, [], as: .read).first?.int64IfPresent(0).map { .microseconds($0) }
    }

    private func query(
        _ statement: PostgresStatement, _ values: [PostgresValue], as workload: PostgresWorkload = .write
    ) async throws(PostgresError) -> PostgresResult {
        try await pool.query(statement, values, settings: TenantScope.everyTenant, as: workload)
    }

    private func handles(_ result: PostgresResult) throws(PostgresError) -> Set<IdentityChange.Handle> {
        var handles: Set<IdentityChange.Handle> = []
        for row in result.rows {
            handles.insert(.init(tenant: try row.identifier(0), claim: try row.identifier(1)))
        }
        return handles
    }

    // MARK: SQL. Durations are microseconds.

    private static let claiming: PostgresStatement = """
        WITH due AS MATERIALIZED (
            SELECT tenant_id FROM main.identity_changes WHERE due_at <= now()
            ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
        UPDATE main.identity_changes AS work SET claim = $2, due_at = now() + $3 * interval '1 microsecond'
        FROM due WHERE work.tenant_id = due.tenant_id
        RETURNING work.tenant_id, work.wanted::text, work.tenant_version, work.attempts
        """

    private static let releasingClaim: PostgresStatement = """
        UPDATE main.identity_changes SET claim = NULL, due_at = now() WHERE claim = $1 AND due_at IS NOT NULL
        """

    private static let renewing: PostgresStatement = """
        UPDATE main.identity_changes AS work SET due_at = now() + $3 * interval '1 microsecond'
        FROM unnest($1::uuid[], $2::uuid[]) AS mine (id, claim)
        WHERE work.tenant_id = mine.id AND work.claim = mine.claim
        RETURNING work.tenant_id, work.claim
        """

    private static let ending: PostgresStatement = """
        UPDATE main.identity_changes
        SET due_at = CASE WHEN tenant_version = $3 THEN NULL ELSE now() END, claim = NULL, attempts = 0,
            last_error = NULL
        WHERE tenant_id = $1 AND claim = $2
        RETURNING tenant_id, $2::uuid
        """

    private static let retrying: PostgresStatement = """
        UPDATE main.identity_changes
        SET attempts = attempts + 1, due_at = now() + $3 * interval '1 microsecond', claim = NULL, last_error = $4
        WHERE tenant_id = $1 AND claim = $2
        RETURNING tenant_id, $2::uuid
        """

    private static let givingUp: PostgresStatement = """
        UPDATE main.identity_changes
        SET attempts = attempts + 1, due_at = NULL, claim = NULL, last_error = $3
        WHERE tenant_id = $1 AND claim = $2
        RETURNING tenant_id, $2::uuid
        """

    private static let releasing: PostgresStatement = """
        UPDATE main.identity_changes SET due_at = now() + $3 * interval '1 microsecond', claim = NULL
        WHERE tenant_id = $1 AND claim = $2
        RETURNING tenant_id, $2::uuid
        """

    private static let due: PostgresStatement = """
        SELECT (extract(epoch FROM min(due_at) - now()) * 1000000)::bigint FROM main.identity_changes
        WHERE due_at > now()
        """
}
