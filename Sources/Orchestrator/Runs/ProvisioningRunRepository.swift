import MessageBus
import PostgresClient
import Primitives
import Sealing

/// The runs in `orchestrator_db`: SQL, nothing else. Every change of a claimed run names its claim and has no effect,
/// and returns false, when the claim is no longer valid because the lease ended and another process took over.
struct ProvisioningRunRepository: Sendable {
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
        batch.add(Inbox.claim(event.eventId, consumer: ProvisioningConsumer.group, at: now))
        let insertion = batch.add(
            ProvisioningRunStatements.insert,
            [
                .identifier(id), .identifier(event.eventId), .identifier(event.tenantId), .text(event.tenantKey),
                .text(event.context), .text(event.tier), .bytes(sealed),
                .optional(event.trace?.traceparent, PostgresValue.text), .timestamp(now),
            ])
        return try await pool.run(batch)[insertion].affectedRows == 1
    }

    /// Claims runs that are due, at most as many as given.
    func claim(limit: Int, lease: Duration, now: Timestamp) async throws(PostgresError) -> [ProvisioningRun] {
        let claim = Identifier.v4()
        let result = try await pool.query(
            ProvisioningRunStatements.claim,
            [.timestamp(now), .int64(Int64(limit)), .identifier(claim), .timestamp(now.adding(lease))])
        var runs: [ProvisioningRun] = []
        for row in result.rows { runs.append(try ProvisioningRun(row, claim: claim)) }
        return runs
    }

    /// When the next run is due after an instant; nil when none is.
    func nextDue(after instant: Timestamp) async throws(PostgresError) -> Timestamp? {
        try await pool.query(ProvisioningRunStatements.nextDue, [.timestamp(instant)]).first?.timestampIfPresent(0)
    }

    /// The event of a run; nil when the key is another than the one it was sealed with.
    func event(of run: ProvisioningRun) -> ProvisioningEvent? {
        guard let sealed = run.sealedEvent, let json = try? sealer.open(sealed, label: Self.label(run.id)) else {
            return nil
        }
        return try? ProvisioningEvent(
            json: json, eventId: run.eventId, tenantId: run.tenantId, trace: run.trace, secrets: secrets)
    }

    private static func label(_ id: Identifier) -> String { "provisioning_runs/\(id)" }

    // MARK: The claim

    /// Prolongs the lease.
    func renew(_ run: ProvisioningRun, lease: Duration) async throws(PostgresError) -> Bool {
        try await change(run, ProvisioningRunStatements.renew, at: clock.now().adding(lease), [])
    }

    /// Writes something down about the run; tries a few times while the database is away for a moment, unless it only
    /// gives the run back, which is done when the service stops and otherwise happens by itself.
    func note(_ run: ProvisioningRun, _ note: ProvisioningRunNote) async throws(PostgresError) -> Bool {
        let (statement, values) = note.statement
        var failures = 0
        while true {
            do { return try await change(run, statement, at: clock.now(), values) } catch {
                failures += 1
                guard failures < note.maximumTries, error.isUnavailable || error.isTimeout else { throw error }
                try? await Task.sleep(for: RunPolicy.notes.delay(afterFailures: failures))
            }
        }
    }

    private func change(
        _ run: ProvisioningRun, _ statement: PostgresStatement, at time: Timestamp, _ values: [PostgresValue]
    ) async throws(PostgresError) -> Bool {
        let identity: [PostgresValue] = [.identifier(run.id), .identifier(run.claim), .timestamp(time)]
        return try await pool.query(statement, identity + values).affectedRows == 1
    }
}

extension ProvisioningRun {
    /// Reads a row of ``ProvisioningRunStatements/claim``.
    init(_ row: PostgresRow, claim: Identifier) throws(PostgresError) {
        self.init(
            id: try row.identifier(0), eventId: try row.identifier(1), tenantId: try row.identifier(2),
            tenantKey: try row.text(3), context: try row.text(4), tier: try row.text(5),
            trace: try row.textIfPresent(6).flatMap(TraceContext.init), sealedEvent: try row.bytesIfPresent(7),
            claim: claim,
            // The check constraints allow nothing else.
            state: ProvisioningState(rawValue: try row.text(8)) ?? .failed, attempts: try row.int(9),
            resources: try row.jsonIfPresent(10), appPlaneURL: try row.textIfPresent(11),
            callbackState: CallbackState(rawValue: try row.text(12)) ?? .none, callbackAttempts: try row.int(13))
    }
}
