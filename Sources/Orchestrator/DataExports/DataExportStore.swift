import KeyRotation
import MessageBus
import PostgresClient
import Primitives
import Sealing
import WorkQueue

/// The requests for data in `orchestrator_db`, as leased work.
struct DataExportStore: LeasedStore {
    private let pool: PostgresPool
    private let sealer: Sealer
    private let secrets: EventSecretSealer
    private let clock: any WallClock
    private let table: LeasedTable
    private let announcements = WorkAnnouncements()

    init(pool: PostgresPool, sealer: Sealer, secrets: EventSecretSealer, clock: any WallClock) {
        self.pool = pool
        self.sealer = sealer
        self.secrets = secrets
        self.clock = clock
        table = LeasedTable(pool: pool, statements: Self.statements)
    }

    /// Stores a request, once for each event.
    /// - Returns: False when it was stored before.
    func enqueue(_ request: DataExportRequest) async throws -> Bool {
        var batch = PostgresBatch()
        batch.add(
            Inbox.claimOrFail(request.eventID, consumer: ProvisioningRunRepository.consumer, at: clock.now()))
        batch.add(
            Self.inserting,
            [
                .identifier(request.export), .identifier(request.tenantID), .text(request.tenantKey),
                .bytes(try sealer.seal(request.json, label: Self.label(request.export))),
                .optional(request.trace?.stored, PostgresValue.text),
            ])
        do { _ = try await pool.run(batch) } catch {
            guard Inbox.isDuplicate(error) else { throw error }
            return false
        }
        announcements.announce()
        return true
    }

    /// The request of claimed work; nil when the key is another than the one it was sealed with.
    func request(of work: DataExportWork) -> DataExportRequest? {
        guard let json = try? sealer.open(work.sealedEvent, label: Self.label(work.export)) else { return nil }
        return try? DataExportRequest(
            json: json, eventID: work.export, tenantID: work.tenant, trace: work.trace, secrets: secrets)
    }

    /// Counts one more process that begins.
    /// - Returns: The number under which it sends; nil when the claim is no longer valid.
    func begin(_ work: DataExportWork) async throws(PostgresError) -> Int? {
        try await pool.query(Self.beginning, work.handle.values).first?.int(0)
    }

    /// By which tier, and for which size of a plan, a tenant was last provisioned; nil if nothing is there of it.
    func provisioning(of tenant: Identifier) async throws(PostgresError) -> (tier: String, size: String)? {
        guard let row = try await pool.query(Self.findingTier, [.identifier(tenant)]).first,
            try row.text(0) != WorkflowKind.deprovision.rawValue
        else { return nil }
        return (try row.text(1), try row.text(2))
    }

    // MARK: Leased work

    func claim(_ request: ClaimRequest) async throws -> [DataExportWork] {
        try await table.claim(request) { handle, row in
            DataExportWork(
                handle: handle, tenant: try row.identifier(1), sealedEvent: try row.bytes(2),
                trace: try row.textIfPresent(3).flatMap(TraceContext.init(stored:)), failures: try row.int(4))
        }
    }

    func renew(_ items: [DataExportWork], lease: Duration) async throws -> Set<RowClaim> {
        try await table.renew(items.map(\.handle), lease: lease)
    }

    func settle(
        _ settlements: [(item: DataExportWork, settlement: Settlement<Void>)]
    ) async throws -> Set<RowClaim> {
        try await table.settle(settlements) { work, _ in BoundStatement(Self.finishing, work.handle.values) }
    }

    func timeUntilDue() async throws -> Duration? { try await table.timeUntilDue() }

    func backlog() async throws -> WorkBacklog? { try await table.backlog("data-exports") }

    func watch(_ signals: WorkSignals) async { announcements.watch(signals) }

    private static func label(_ export: Identifier) -> String { label(export.description) }

    private static func label(_ export: String) -> String { "data_exports/\(export)" }

    /// The requests, as `arc keys rotate` finds them.
    static let sealedColumn = SealedColumn(
        "main.data_exports", "sealed_event", key: [.init("id", "uuid")], purpose: StoredSecrets.purpose
    ) { SealedPlace(label($0.text("id"))) }

    // MARK: SQL

    private static let statements = LeasedTableStatements(
        table: "main.data_exports", returning: "tenant_id, sealed_event, traceparent, attempts",
        givingUp: givingUp)

    private static let inserting: PostgresStatement = """
        INSERT INTO main.data_exports (id, tenant_id, tenant_key, sealed_event, traceparent)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
        """

    private static let beginning: PostgresStatement = """
        UPDATE main.data_exports SET generation = generation + 1 WHERE id = $1 AND claim = $2 RETURNING generation
        """

    private static let findingTier: PostgresStatement = """
        SELECT kind, tier, plan_size FROM main.provisioning_runs
        WHERE tenant_id = $1 AND kind IN ('provision', 'deprovision') ORDER BY created_on DESC, id DESC LIMIT 1
        """

    private static let finishing: PostgresStatement = "DELETE FROM main.data_exports WHERE id = $1 AND claim = $2"

    // The reason is in the log and, unless it was away, at tenant management.
    private static let givingUp: PostgresStatement = """
        DELETE FROM main.data_exports WHERE id = $1 AND claim = $2 AND $3::text IS NOT NULL
        """
}
