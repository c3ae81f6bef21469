import Entities
import Logging
import PostgresClient
import Primitives
import WorkQueue

/// An export that this process makes.
struct ExportWork: LeasedItem {
    let handle: RowClaim
    let tenant: Identifier
    let failures: Int
    /// The export's id.
    var id: Identifier { handle.row }
    var description: WorkDescription {
        WorkDescription(
            queue: "exports", kind: "tenant", id: id.description, attempt: failures + 1,
            metadata: ["tenantId": "\(tenant)"])
    }
}

/// A finished archive.
struct FinishedExport: Sendable {
    let size: Int
    let sha256: String
}

/// The requested exports as leased work.
struct ExportStore: LeasedStore {
    private let table: LeasedTable
    private let retention: Duration

    init(pool: PostgresPool, retention: Duration) {
        table = LeasedTable(pool: pool, settings: TenantScope.everyTenant, statements: Self.statements)
        self.retention = retention
    }

    func claim(_ request: ClaimRequest) async throws -> [ExportWork] {
        try await table.claim(request) { handle, row in
            ExportWork(handle: handle, tenant: try row.identifier(1), failures: try row.int(2))
        }
    }

    func renew(_ items: [ExportWork], lease: Duration) async throws -> Set<RowClaim> {
        try await table.renew(items.map(\.handle), lease: lease)
    }

    func settle(
        _ settlements: [(item: ExportWork, settlement: Settlement<FinishedExport>)]
    ) async throws -> Set<RowClaim> {
        try await table.settle(settlements) { work, archive in
            BoundStatement(
                Self.finishing,
                work.handle.values + [
                    .int64(Int64(archive.size)), .text(archive.sha256), .microseconds(retention),
                ])
        }
    }

    func timeUntilDue() async throws -> Duration? { try await table.timeUntilDue() }

    func backlog() async throws -> WorkBacklog? { try await table.backlog("exports") }

    // MARK: SQL. Durations are microseconds.

    private static let statements = LeasedTableStatements(
        table: "main.tenant_exports", returning: "tenant_id, attempts", givingUp: failing)

    private static let finishing: PostgresStatement = """
        WITH finished AS (
            UPDATE main.tenant_exports
            SET state = 'DONE', size = $3, sha256 = $4, completed_on = date_trunc('milliseconds', now()),
                expires_on = date_trunc('milliseconds', now() + $5 * interval '1 microsecond'), due_at = NULL,
                claim = NULL, last_error = NULL, row_version = row_version + 1
            WHERE id = $1 AND claim = $2
            RETURNING id),
        parts AS (DELETE FROM main.tenant_export_parts USING finished WHERE export_id = finished.id),
        data AS (DELETE FROM main.tenant_export_data USING finished WHERE export_id = finished.id)
        SELECT FROM finished
        """

    private static let failing: PostgresStatement = """
        WITH failed AS (
            UPDATE main.tenant_exports
            SET state = 'FAILED', attempts = attempts + 1, due_at = NULL, claim = NULL, last_error = $3,
                completed_on = date_trunc('milliseconds', now()), row_version = row_version + 1
            WHERE id = $1 AND claim = $2
            RETURNING id),
        parts AS (DELETE FROM main.tenant_export_parts USING failed WHERE export_id = failed.id),
        data AS (DELETE FROM main.tenant_export_data USING failed WHERE export_id = failed.id),
        chunks AS (DELETE FROM main.tenant_export_chunks USING failed WHERE export_id = failed.id)
        SELECT FROM failed
        """
}
