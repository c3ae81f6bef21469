import Entities
import PostgresClient
import Primitives
import WorkQueue

/// Subscriptions of which something is due, as leased work: an invoice, the end of a trial, a scheduled change, the end of service.
/// Leases and delays are counted by the database's clock. Tenants take turns.
struct RenewalStore: LeasedStore {
    static let queue = "renewals"

    private let pool: PostgresPool
    private let table: LeasedTable
    private let turns: RenewalTurns
    private let announcements = WorkAnnouncements()

    init(pool: PostgresPool) {
        self.pool = pool
        turns = RenewalTurns(pool: pool)
        table = LeasedTable(pool: pool, settings: TenantScope.everyTenant, statements: Self.statements)
    }

    /// Notifies the worker of this process that something became due.
    func announce() { announcements.announce() }

    func watch(_ signals: WorkSignals) async { announcements.watch(signals) }

    func claim(_ request: ClaimRequest) async throws -> [RenewalWork] {
        try await table.claim { handle, row in
            RenewalWork(
                handle: handle, tenant: try row.identifier(1), failures: try row.int(2), now: try row.timestamp(3))
        } taking: { claim in
            try await turns.take(request, under: claim)
        }
    }

    func renew(_ items: [RenewalWork], lease: Duration) async throws -> Set<RowClaim> {
        try await table.renew(items.map(\.handle), lease: lease)
    }

    func settle(
        _ settlements: [(item: RenewalWork, settlement: Settlement<Void>)]
    ) async throws -> Set<RowClaim> {
        // The transaction that has issued the invoices has also ended the claim.
        try await table.settle(settlements) { _, _ in nil }
    }

    func timeUntilDue() async throws -> Duration? {
        try await pool.query(RenewalStatements.untilDue, settings: TenantScope.everyTenant, as: .read).first?
            .int64IfPresent(0).map { .microseconds($0) }
    }

    func backlog() async throws -> WorkBacklog? { try await table.backlog(Self.queue) }

    private static let statements = LeasedTableStatements(
        table: "main.subscription_billing", returning: "tenant_id, attempts",
        givingUp: RenewalStatements.parking)
}
