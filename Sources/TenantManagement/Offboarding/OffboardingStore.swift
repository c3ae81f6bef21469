import Entities
import Logging
import PostgresClient
import Primitives
import WorkQueue

/// An off-boarding whose grace period is over, claimed by this process.
struct OffboardingWork: LeasedItem {
    let handle: RowClaim
    let tenant: Identifier
    let failures: Int
    /// The off-boarding's id.
    var id: Identifier { handle.row }
    var description: WorkDescription {
        WorkDescription(
            queue: "offboardings", kind: "tenant", id: id.description, attempt: failures + 1,
            metadata: ["tenantId": "\(tenant)"])
    }
}

/// The scheduled off-boardings as leased work. Grace periods, too, are counted by the database's clock.
struct OffboardingStore: LeasedStore {
    private let table: LeasedTable
    private let announcements = WorkAnnouncements()

    init(pool: PostgresPool) {
        table = LeasedTable(pool: pool, settings: TenantScope.everyTenant, statements: Self.statements)
    }

    /// Notifies the worker of this process that an off-boarding was scheduled.
    func announce() { announcements.announce() }

    func watch(_ signals: WorkSignals) async { announcements.watch(signals) }

    func claim(_ request: ClaimRequest) async throws -> [OffboardingWork] {
        try await table.claim(request) { handle, row in
            OffboardingWork(handle: handle, tenant: try row.identifier(1), failures: try row.int(2))
        }
    }

    func renew(_ items: [OffboardingWork], lease: Duration) async throws -> Set<RowClaim> {
        try await table.renew(items.map(\.handle), lease: lease)
    }

    func settle(
        _ settlements: [(item: OffboardingWork, settlement: Settlement<Void>)]
    ) async throws -> Set<RowClaim> {
        // The transaction that has asked the orchestrator has also ended the claim.
        try await table.settle(settlements) { _, _ in nil }
    }

    func timeUntilDue() async throws -> Duration? { try await table.timeUntilDue() }

    func backlog() async throws -> WorkBacklog? { try await table.backlog("offboardings") }

    private static let statements = LeasedTableStatements(
        table: "main.offboardings", returning: "tenant_id, attempts", givingUp: failing)

    private static let failing: PostgresStatement = """
        UPDATE main.offboardings
        SET attempts = attempts + 1, state = 3, due_at = NULL, claim = NULL, last_error = $3,
            ended_on = date_trunc('milliseconds', now())
        WHERE id = $1 AND claim = $2
        """
}
