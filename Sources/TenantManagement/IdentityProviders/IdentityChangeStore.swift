import Entities
import PostgresClient
import Primitives
import WorkQueue

/// A change of a tenant's users that is claimed by this process.
struct IdentityChange: LeasedItem {
    let handle: RowClaim
    let goal: IdentityAccount.Goal
    /// Of the tenant's row. If it is another one at the end, the tenant has changed meanwhile and the work goes on.
    let version: Int64
    let failures: Int

    var tenant: Identifier { handle.row }
    var description: WorkDescription {
        WorkDescription(queue: "identities", kind: goal.rawValue, id: tenant.description, attempt: failures + 1)
    }
}

/// The changes of users as leased work, one for each tenant.
struct IdentityChangeStore: LeasedStore {
    private let table: LeasedTable

    init(pool: PostgresPool) {
        table = LeasedTable(pool: pool, settings: TenantScope.everyTenant, statements: Self.statements)
    }

    func claim(_ request: ClaimRequest) async throws -> [IdentityChange] {
        try await table.claim(request) { handle, row in
            IdentityChange(
                handle: handle,
                // The table allows no other values.
                goal: IdentityAccount.Goal(rawValue: try row.text(1)) ?? .disabled, version: try row.int64(2),
                failures: try row.int(3))
        }
    }

    func renew(_ items: [IdentityChange], lease: Duration) async throws -> Set<RowClaim> {
        try await table.renew(items.map(\.handle), lease: lease)
    }

    func settle(
        _ settlements: [(item: IdentityChange, settlement: Settlement<Void>)]
    ) async throws -> Set<RowClaim> {
        try await table.settle(settlements) { change, _ in
            BoundStatement(Self.ending, change.handle.values + [.int64(change.version)])
        }
    }

    func timeUntilDue() async throws -> Duration? { try await table.timeUntilDue() }

    func backlog() async throws -> WorkBacklog? { try await table.backlog("identities") }

    private static let statements = LeasedTableStatements(
        table: "main.identity_changes", key: "tenant_id", returning: "wanted::text, tenant_version, attempts")

    private static let ending: PostgresStatement = """
        UPDATE main.identity_changes
        SET due_at = CASE WHEN tenant_version = $3 THEN NULL ELSE now() END, claim = NULL, attempts = 0,
            last_error = NULL
        WHERE tenant_id = $1 AND claim = $2
        """
}
