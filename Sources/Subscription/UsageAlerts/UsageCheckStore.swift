import Entities
import PostgresClient
import Primitives
import WorkQueue

/// A limit that has to be looked at, claimed by this process.
struct UsageCheck: LeasedItem {
    let handle: RowClaim
    let tenant: Identifier
    let meter: Identifier
    /// If it is another one at the end, more was used meanwhile and the check is repeated.
    let version: Int64
    let failures: Int

    var description: WorkDescription {
        WorkDescription(queue: "usage_checks", kind: "limit", id: handle.row.description, attempt: failures + 1)
    }
}

/// The limits of tenants that have to be looked at, as leased work.
struct UsageCheckStore: LeasedStore {
    private let table: LeasedTable

    init(pool: PostgresPool) {
        table = LeasedTable(pool: pool, settings: TenantScope.everyTenant, statements: Self.statements)
    }

    func claim(_ request: ClaimRequest) async throws -> [UsageCheck] {
        try await table.claim(request) { handle, row in
            UsageCheck(
                handle: handle, tenant: try row.identifier(1), meter: try row.identifier(2),
                version: try row.int64(3), failures: try row.int(4))
        }
    }

    func renew(_ items: [UsageCheck], lease: Duration) async throws -> Set<RowClaim> {
        try await table.renew(items.map(\.handle), lease: lease)
    }

    func settle(_ settlements: [(item: UsageCheck, settlement: Settlement<Void>)]) async throws -> Set<RowClaim> {
        try await table.settle(settlements) { check, _ in
            BoundStatement(Self.ending, check.handle.values + [.int64(check.version)])
        }
    }

    func timeUntilDue() async throws -> Duration? { try await table.timeUntilDue() }

    func backlog() async throws -> WorkBacklog? { try await table.backlog("usage_checks") }

    private static let statements = LeasedTableStatements(
        table: "main.usage_checks", returning: "tenant_id, meter_id, version, attempts")

    private static let ending: PostgresStatement = """
        UPDATE main.usage_checks
        SET due_at = CASE WHEN version = $3 THEN NULL ELSE now() END, claim = NULL, attempts = 0, last_error = NULL
        WHERE id = $1 AND claim = $2
        """
}
