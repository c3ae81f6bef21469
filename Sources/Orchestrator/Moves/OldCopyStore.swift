import MessageBus
import PostgresClient
import Primitives
import WorkQueue

/// The copies that moves have left, as leased work.
struct OldCopyStore: LeasedStore {
    private let pool: PostgresPool
    private let table: LeasedTable
    private let announcements = WorkAnnouncements()

    init(pool: PostgresPool) {
        self.pool = pool
        table = LeasedTable(pool: pool, statements: OldCopyStatements.leased)
    }

    func watch(_ signals: WorkSignals) async { announcements.watch(signals) }

    func claim(_ request: ClaimRequest) async throws -> [OldCopy] {
        try await table.claim(request) { handle, row in
            OldCopy(handle: handle, placement: try TenantPlacement(row), failures: try row.int(8))
        }
    }

    func renew(_ items: [OldCopy], lease: Duration) async throws -> Set<RowClaim> {
        try await table.renew(items.map(\.handle), lease: lease)
    }

    func settle(
        _ settlements: [(item: OldCopy, settlement: Settlement<Void>)]
    ) async throws -> Set<RowClaim> {
        try await table.settle(settlements) { copy, _ in BoundStatement(OldCopyStatements.done, copy.handle.values) }
    }

    func timeUntilDue() async throws -> Duration? { try await table.timeUntilDue() }

    func backlog() async throws -> WorkBacklog? { try await table.backlog("old-copies") }

    /// Marks a tenant's old copy as no longer needed, once for each event.
    func confirm(_ tenant: Identifier, event: Identifier, at now: Timestamp) async throws {
        var batch = PostgresBatch()
        batch.add(Inbox.claim(event, consumer: MoveConfirmationConsumer.group, at: now))
        batch.add(OldCopyStatements.confirm, [.identifier(tenant)])
        _ = try await pool.run(batch)
        announcements.announce()
    }

    /// How many removals were given up.
    func givenUpCount() async throws -> Int {
        try await pool.query(OldCopyStatements.givenUp).first?.int(0) ?? 0
    }
}
