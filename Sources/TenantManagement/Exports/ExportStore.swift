import Entities
import Logging
import PostgresClient
import Primitives
import Synchronization
import WorkQueue

/// An export that this process makes.
struct ExportWork: LeasedItem {
    struct Handle: Hashable, Sendable {
        let export: Identifier
        let claim: Identifier
    }

    let handle: Handle
    let tenant: Identifier
    let failures: Int
    var description: WorkDescription {
        WorkDescription(
            queue: "exports", kind: "tenant", id: handle.export.description, attempt: failures + 1,
            metadata: ["tenantId": "\(tenant)"])
    }
}

/// A finished archive.
struct FinishedExport: Sendable {
    let size: Int
    let sha256: String
}

/// The requested exports as leased work. Leases and delays are counted by the database's clock.
final class ExportStore: LeasedStore {
    private let pool: PostgresPool
    private let retention: Duration
    private let lostClaims = Mutex(LostClaims<Identifier>())

    init(pool: PostgresPool, retention: Duration) {
        self.pool = pool
        self.retention = retention
    }

    func claim(_ request: ClaimRequest) async throws -> [ExportWork] {
        for claim in lostClaims.withLock({ $0.all }) {
            _ = try await query(Self.releasingClaim, [.identifier(claim)])
            lostClaims.withLock { $0.remove(claim) }
        }
        let claim = Identifier.v4()
        do {
            let result = try await query(
                Self.claiming, [.int64(Int64(request.limit)), .identifier(claim), .microseconds(request.lease)])
            return try result.rows.map { row in
                ExportWork(
                    handle: .init(export: try row.identifier(0), claim: claim), tenant: try row.identifier(1),
                    failures: try row.int(2))
            }
        } catch {
            // The claim may be valid although its answer was lost.
            lostClaims.withLock { $0.add(claim) }
            throw error
        }
    }

    func renew(_ items: [ExportWork], lease: Duration) async throws -> Set<ExportWork.Handle> {
        try handles(
            try await query(
                Self.renewing,
                [
                    .identifierArray(items.map(\.handle.export)), .identifierArray(items.map(\.handle.claim)),
                    .microseconds(lease),
                ]))
    }

    func settle(
        _ settlements: [(item: ExportWork, settlement: Settlement<FinishedExport>)]
    ) async throws -> Set<ExportWork.Handle> {
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        for (item, settlement) in settlements {
            let identity: [PostgresValue] = [.identifier(item.handle.export), .identifier(item.handle.claim)]
            switch settlement {
            case .done(let archive):
                batch.add(
                    Self.finishing,
                    identity + [.int64(Int64(archive.size)), .text(archive.sha256), .microseconds(retention)])
            case .retry(let delay, let reason):
                batch.add(Self.retrying, identity + [.microseconds(delay), .text(reason)])
            case .deadLetter(let reason): batch.add(Self.failing, identity + [.text(reason)])
            case .released(let delay): batch.add(Self.releasing, identity + [.microseconds(delay)])
            }
        }
        var valid: Set<ExportWork.Handle> = []
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

    private func handles(_ result: PostgresResult) throws(PostgresError) -> Set<ExportWork.Handle> {
        var handles: Set<ExportWork.Handle> = []
        for row in result.rows {
            handles.insert(.init(export: try row.identifier(0), claim: try row.identifier(1)))
        }
        return handles
    }

    // MARK: SQL. Durations are microseconds.

    private static let claiming: PostgresStatement = """
        WITH due AS MATERIALIZED (
            SELECT id FROM main.tenant_exports WHERE due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
        UPDATE main.tenant_exports AS work SET claim = $2, due_at = now() + $3 * interval '1 microsecond'
        FROM due WHERE work.id = due.id
        RETURNING work.id, work.tenant_id, work.attempts
        """

    private static let releasingClaim: PostgresStatement = """
        UPDATE main.tenant_exports SET claim = NULL, due_at = now() WHERE claim = $1 AND due_at IS NOT NULL
        """

    private static let renewing: PostgresStatement = """
        UPDATE main.tenant_exports AS work SET due_at = now() + $3 * interval '1 microsecond'
        FROM unnest($1::uuid[], $2::uuid[]) AS mine (id, claim)
        WHERE work.id = mine.id AND work.claim = mine.claim
        RETURNING work.id, work.claim
        """

    private static let finishing: PostgresStatement = """
        WITH finished AS (
            UPDATE main.tenant_exports
            SET state = 'DONE', size = $3, sha256 = $4, completed_on = date_trunc('milliseconds', now()),
                expires_on = date_trunc('milliseconds', now() + $5 * interval '1 microsecond'), due_at = NULL,
                claim = NULL, last_error = NULL, row_version = row_version + 1
            WHERE id = $1 AND claim = $2
            RETURNING id),
        removed AS (DELETE FROM main.tenant_export_parts USING finished WHERE export_id = finished.id)
        SELECT id, $2::uuid FROM finished
        """

    private static let retrying: PostgresStatement = """
        UPDATE main.tenant_exports
        SET attempts = attempts + 1, due_at = now() + $3 * interval '1 microsecond', claim = NULL, last_error = $4
        WHERE id = $1 AND claim = $2
        RETURNING id, $2::uuid
        """

    private static let failing: PostgresStatement = """
        WITH failed AS (
            UPDATE main.tenant_exports
            SET state = 'FAILED', attempts = attempts + 1, due_at = NULL, claim = NULL, last_error = $3,
                completed_on = date_trunc('milliseconds', now()), row_version = row_version + 1
            WHERE id = $1 AND claim = $2
            RETURNING id),
        parts AS (DELETE FROM main.tenant_export_parts USING failed WHERE export_id = failed.id),
        chunks AS (DELETE FROM main.tenant_export_chunks USING failed WHERE export_id = failed.id)
        SELECT id, $2::uuid FROM failed
        """

    private static let releasing: PostgresStatement = """
        UPDATE main.tenant_exports SET due_at = now() + $3 * interval '1 microsecond', claim = NULL
        WHERE id = $1 AND claim = $2
        RETURNING id, $2::uuid
        """

    private static let due: PostgresStatement = """
        SELECT (extract(epoch FROM min(due_at) - now()) * 1000000)::bigint FROM main.tenant_exports
        WHERE due_at > now()
        """
}
