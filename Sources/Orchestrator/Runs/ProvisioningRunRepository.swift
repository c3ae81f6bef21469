import JSONCoding
import MessageBus
import PostgresClient
import Primitives
import Sealing
import WorkQueue

/// The runs in `orchestrator_db`. Every change of a claimed run names its claim and has no effect when the claim is no
/// longer valid because the lease ended and another process claimed the run. Leases and delays are counted by the
/// database's clock.
struct ProvisioningRunRepository: Sendable {
    /// The name under which handled events are marked in the inbox.
    static let consumer = "orchestrator"

    let pool: PostgresPool
    let sealer: Sealer
    let secrets: EventSecretSealer
    let clock: any WallClock

    /// Stores a run for the event, due at once.
    /// - Returns: False when there was one already: the event came again, or another with the same context did.
    func enqueue(_ event: ProvisioningEvent) async throws -> Bool {
        let now = clock.now()
        let id = Identifier.v7(at: now)
        let sealed = try sealer.seal(event.json, label: Self.label(id))
        var batch = PostgresBatch()
        batch.add(Inbox.claim(event.eventID, consumer: Self.consumer, at: now))
        let insertion = batch.add(
            ProvisioningRunStatements.insert,
            [
                .identifier(id), .identifier(event.eventID), .identifier(event.tenantID), .text(event.tenantKey),
                .text(event.context), .text(event.tier), .bytes(sealed),
                .optional(event.trace?.stored, PostgresValue.text), .text(event.kind.rawValue),
                .text(event.plan.size),
            ])
        return try await pool.run(batch)[insertion].affectedRows == 1
    }

    /// Claims runs that are due, at most as many as given.
    /// - Parameter claim: Identifies the claim.
    func claim(
        _ claim: Identifier = .v4(), limit: Int, lease: Duration, excludedTiers: [String] = []
    ) async throws(PostgresError) -> [ProvisioningRun] {
        let result = try await pool.query(
            ProvisioningRunStatements.claim,
            [.int64(Int64(limit)), .identifier(claim), .microseconds(lease), .textArray(excludedTiers)])
        var runs: [ProvisioningRun] = []
        for row in result.rows { runs.append(try ProvisioningRun(row, claim: claim)) }
        return runs
    }

    /// Gives back everything under a claim.
    func release(claim: Identifier) async throws(PostgresError) {
        _ = try await pool.query(ProvisioningRunStatements.releaseClaim, [.identifier(claim)])
    }

    /// How many runs wait to be worked on.
    func backlog() async throws -> WorkBacklog {
        try WorkBacklog(queue: "provisioning", await pool.query(ProvisioningRunStatements.backlog, as: .read))
    }

    /// How long until the next run is due that is not due now; nil without such a run.
    func timeUntilDue() async throws(PostgresError) -> Duration? {
        try await pool.query(ProvisioningRunStatements.timeUntilDue).first?.int64IfPresent(0).map { .microseconds($0) }
    }

    /// Whether the tenant has an unfinished run that was stored after this one.
    func hasLaterRun(than run: ProvisioningRun) async throws(PostgresError) -> Bool {
        let result = try await pool.query(
            ProvisioningRunStatements.hasLaterRun, [.identifier(run.id), .identifier(run.tenantID)])
        return try result.first?.bool(0) ?? false
    }

    /// The event of a run; nil when the key is another than the one it was sealed with.
    func event(of run: ProvisioningRun) -> ProvisioningEvent? {
        guard let sealed = run.sealedEvent, let json = try? sealer.open(sealed, label: Self.label(run.id)) else {
            return nil
        }
        return try? ProvisioningEvent(
            kind: run.kind, json: json, eventID: run.eventID, tenantID: run.tenantID, trace: run.trace,
            secrets: secrets)
    }

    private static func label(_ id: Identifier) -> String { label(run: id.description) }

    // MARK: The claim

    /// Extends leases.
    /// - Returns: The runs whose claim is still valid.
    func renew(
        _ runs: [ProvisioningRun], lease: Duration
    ) async throws(PostgresError) -> Set<RowClaim> {
        try RowClaim.all(
            in: await pool.query(
                ProvisioningRunStatements.renew, RowClaim.arrays(runs.map(\.handle)) + [.microseconds(lease)]))
    }

    /// Records transitions, all of them or none.
    /// - Returns: The runs whose claim was still valid.
    func record(
        _ transitions: [(run: ProvisioningRun, transition: RunTransition)]
    ) async throws(PostgresError) -> Set<RowClaim> {
        var batch = PostgresBatch()
        for (run, transition) in transitions {
            let (statement, values) = transition.statement
            batch.add(statement, run.handle.values + values)
        }
        let results = try await pool.run(batch)
        return Set(zip(transitions, results).filter { $1.affectedRows == 1 }.map { $0.0.run.handle })
    }

    /// Records one transition.
    /// - Returns: Whether the claim was still valid.
    func record(_ run: ProvisioningRun, _ transition: RunTransition) async throws(PostgresError) -> Bool {
        try await !record([(run, transition)]).isEmpty
    }

    /// Records a run that goes on under the same claim.
    /// - Returns: nil when the claim is no longer valid.
    func save(_ save: RunSave) async throws(PostgresError) -> RecordedRun? {
        let result = try await pool.query(WorkflowStatements.save, save.run.handle.values + save.values)
        guard let row = result.first else { return nil }
        return RecordedRun(version: try row.int64(2), hasCommands: try row.bool(1))
    }
}

/// What is known of a run after a record.
struct RecordedRun: Sendable {
    /// Its new version.
    let version: Int64
    /// Whether an operator has decided something in the meantime.
    let hasCommands: Bool
}

extension ProvisioningRun {
    /// Reads a row of ``ProvisioningRunStatements/claim``.
    init(_ row: PostgresRow, claim: Identifier) throws(PostgresError) {
        self.init(
            handle: RowClaim(row: try row.identifier(0), claim: claim),
            kind: WorkflowKind(rawValue: try row.text(16)) ?? .provision, eventID: try row.identifier(1),
            tenantID: try row.identifier(2), tenantKey: try row.text(3), context: try row.text(4),
            tier: try row.text(5), planSize: try row.text(17),
            trace: try row.textIfPresent(6).flatMap(TraceContext.init(stored:)),
            sealedEvent: try row.bytesIfPresent(7),
            // The check constraints allow nothing else.
            workflow: Workflow(
                phase: WorkflowPhase(rawValue: try row.text(8)) ?? .failed, steps: [],
                reason: try row.textIfPresent(18)), attempts: try row.int(9),
            resources: Self.resources(stored: try row.jsonIfPresent(10)), appPlaneURL: try row.textIfPresent(11),
            callbackState: CallbackState(rawValue: try row.text(12)) ?? .none, callbackAttempts: try row.int(13),
            age: .microseconds(try row.int64(14)), outage: .microseconds(try row.int64(15)),
            hasCommands: try row.bool(20), version: try row.int64(19))
    }

    /// Only ``RunSave`` writes the column.
    static func resources(stored json: [UInt8]?) -> [TenantResource] {
        let values = json.flatMap { try? JSONValue.parse(stored: $0) }?.arrayValue ?? []
        return values.compactMap { TenantResource(stored: $0) }
    }
}
