import Entities
import Logging
import PostgresClient
import Primitives
import WorkQueue

/// An invoice of whose collection something is due, claimed by this process.
struct CollectionWork: LeasedItem {
    let handle: RowClaim
    let tenant: Identifier
    let failures: Int
    /// What time it is for the tenant, by the database's clock or by a test clock.
    let now: Timestamp
    /// When the step was due by that time.
    let due: Timestamp
    let isOnTestClock: Bool

    var invoice: Identifier { handle.row }
    /// When the step happens. A test clock that has moved by months has passed the days between; on them, things happen as they would
    /// have happened day by day.
    var instant: Timestamp { isOnTestClock ? min(due, now) : now }

    var description: WorkDescription {
        WorkDescription(
            queue: CollectionStore.queue, kind: "invoice", id: invoice.description, attempt: failures + 1,
            metadata: ["tenantId": "\(tenant)"])
    }
}

/// Invoices of whose collection something is due, as leased work. Leases and delays are counted by the database's clock.
struct CollectionStore: LeasedStore {
    static let queue = "collections"

    private let table: LeasedTable
    private let announcements = WorkAnnouncements()

    init(pool: PostgresPool) {
        table = LeasedTable(pool: pool, settings: TenantScope.everyTenant, statements: Self.statements)
    }

    /// Notifies the worker of this process that something became due.
    func announce() { announcements.announce() }

    func watch(_ signals: WorkSignals) async { announcements.watch(signals) }

    func claim(_ request: ClaimRequest) async throws -> [CollectionWork] {
        try await table.claim(request) { handle, row in
            let now = try row.timestamp(3)
            return CollectionWork(
                handle: handle, tenant: try row.identifier(1), failures: try row.int(2), now: now,
                due: try row.timestampIfPresent(4) ?? now, isOnTestClock: try row.bool(5))
        }
    }

    func renew(_ items: [CollectionWork], lease: Duration) async throws -> Set<RowClaim> {
        try await table.renew(items.map(\.handle), lease: lease)
    }

    func settle(_ settlements: [(item: CollectionWork, settlement: Settlement<Void>)]) async throws -> Set<RowClaim> {
        // The transaction that has recorded the step has also ended the claim.
        try await table.settle(settlements) { _, _ in nil }
    }

    func timeUntilDue() async throws -> Duration? { try await table.timeUntilDue() }

    func backlog() async throws -> WorkBacklog? { try await table.backlog(Self.queue) }

    private static let statements = LeasedTableStatements(
        table: "main.invoice_collections",
        returning: """
            work.tenant_id, work.attempts, main.tenant_now(work.tenant_id), work.next_due_on,
            EXISTS (SELECT FROM main.test_clocks AS clock WHERE clock.tenant_id = work.tenant_id)
            """)
}
