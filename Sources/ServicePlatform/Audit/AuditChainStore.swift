import Entities
import PostgresClient
import Primitives
import WorkQueue

/// The right to move pending rows into their chains, which one process has at a time.
struct AuditChainWork: LeasedItem {
    let handle: RowClaim
    let failures: Int

    var description: WorkDescription {
        WorkDescription(queue: "audit", kind: "chain", id: handle.row.description, attempt: failures + 1)
    }
}

/// The chains as leased work: one row, which is due as long as rows of the log are pending.
struct AuditChainStore: LeasedStore {
    private let pool: PostgresPool
    private let table: LeasedTable

    init(pool: PostgresPool) {
        self.pool = pool
        table = LeasedTable(pool: pool, settings: TenantScope.everyTenant, statements: Self.statements)
    }

    /// Looks before it claims, so that a service without writes does not write either.
    func claim(_ request: ClaimRequest) async throws -> [AuditChainWork] {
        let pending = try await pool.query(Self.looking, settings: TenantScope.everyTenant, as: .read)
        guard try pending.first?.bool(0) == true else { return [] }
        return try await table.claim(request) { handle, row in
            AuditChainWork(handle: handle, failures: try row.int(1))
        }
    }

    func renew(_ items: [AuditChainWork], lease: Duration) async throws -> Set<RowClaim> {
        try await table.renew(items.map(\.handle), lease: lease)
    }

    func settle(
        _ settlements: [(item: AuditChainWork, settlement: Settlement<Void>)]
    ) async throws -> Set<RowClaim> {
        try await table.settle(settlements) { work, _ in BoundStatement(Self.ending, work.handle.values) }
    }

    /// Not known: whoever looks next finds what is pending.
    func timeUntilDue() async throws -> Duration? { nil }

    private static let looking: PostgresStatement =
        "SELECT EXISTS (SELECT FROM main.audit_logs WHERE NOT is_chained)"

    private static let statements = LeasedTableStatements(table: "main.audit_work", returning: "attempts")

    private static let ending: PostgresStatement = """
        UPDATE main.audit_work SET due_at = now(), claim = NULL, attempts = 0, last_error = NULL
        WHERE id = $1 AND claim = $2
        """
}
