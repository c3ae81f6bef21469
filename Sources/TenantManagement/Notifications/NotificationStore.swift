import Entities
import KeyRotation
import PostgresClient
import Primitives
import Synchronization
import WorkQueue

/// A mail that is claimed by this process.
struct QueuedMail: LeasedItem {
    let handle: RowClaim
    let type: String
    /// Sealed.
    let content: [UInt8]
    let failures: Int
    /// How long ago it was queued.
    let age: Duration
    /// Whether another sender claimed it before and has not recorded an outcome: it may have left.
    let isInDoubt: Bool
    /// Where it was queued.
    let trace: TraceContext?

    var id: Identifier { handle.row }
    var description: WorkDescription {
        WorkDescription(
            queue: "mail", kind: type, id: id.description, attempt: failures + 1, trace: trace)
    }
}

/// The mails in `main.notifications` as leased work. Leases and delays are counted by the database's clock.
///
/// A mail must not be sent twice because its sender could not record that it has left. So a claim is taken over only when
/// its lease has ended and the database has been responding for long enough: see `AnswerHistory`.
final class NotificationStore: LeasedStore {
    private let pool: PostgresPool
    /// Holders renew at every third of a lease, so that an outage in which one ends takes two thirds of it at least and is
    /// never overlooked.
    private let maximumGap: Duration
    private let answers = Mutex(AnswerHistory())
    let claims = UnansweredClaims()
    private let announcements = WorkAnnouncements()

    init(pool: PostgresPool, lease: Duration) {
        self.pool = pool
        maximumGap = lease / 2
    }

    /// The contents of mails, as `arc keys rotate` finds them.
    static let sealedColumn = SealedColumn(
        "main.notifications", "content", key: [.init("id", "uuid")], purpose: NotificationQueue.sealingPurpose
    ) { SealedPlace($0.text("id")) }

    static func insert(
        _ id: Identifier, type: String, tenant: Identifier?, content: [UInt8], isBulk: Bool, trace: TraceContext?
    ) -> BoundStatement {
        BoundStatement(
            insertion,
            [
                .identifier(id), .text(type), .optional(tenant, PostgresValue.identifier), .bytes(content),
                .optional(trace?.stored, PostgresValue.text), .bool(isBulk),
            ])
    }

    /// Notifies the worker of this process that a mail was committed.
    func announce() { announcements.announce() }

    func watch(_ signals: WorkSignals) async { announcements.watch(signals) }

    func claim(_ request: ClaimRequest) async throws -> [QueuedMail] {
        try await claims.claim { claim in
            _ = try await query(Self.releaseClaim, [.identifier(claim)])
        } taking: { claim in
            try await take(claim, request)
        }
    }

    private func take(_ claim: Identifier, _ request: ClaimRequest) async throws -> [QueuedMail] {
        let answers = self.answers.withLock { $0 }
        let result = try await query(
            Self.claiming,
            [
                .int64(Int64(request.limit)), .identifier(claim), .microseconds(request.lease),
                .optional(answers.since, PostgresValue.timestamp), .optional(answers.last, PostgresValue.timestamp),
                .microseconds(maximumGap),
            ])
        var mails: [QueuedMail] = []
        for row in result.rows {
            mails.append(
                QueuedMail(
                    handle: RowClaim(row: try row.identifier(0), claim: claim), type: try row.text(1),
                    content: try row.bytes(2), failures: try row.int(3), age: .microseconds(try row.int64(4)),
                    isInDoubt: try row.bool(5),
                    trace: try row.textIfPresent(7).flatMap { TraceContext(stored: $0) }))
        }
        // Without rows, `timeUntilDue` comes next.
        if let row = result.rows.first { noteAnswer(at: try row.timestamp(6)) }
        return mails
    }

    func renew(_ items: [QueuedMail], lease: Duration) async throws -> Set<RowClaim> {
        let result = try await query(Self.renewal, RowClaim.arrays(items.map(\.handle)) + [.microseconds(lease)])
        if let row = result.rows.first { noteAnswer(at: try row.timestamp(2)) }
        return try RowClaim.all(in: result)
    }

    private func noteAnswer(at now: Timestamp) {
        answers.withLock { $0.answered(at: now, maximumGap: maximumGap) }
    }

    func settle(
        _ settlements: [(item: QueuedMail, settlement: Settlement<Void>)]
    ) async throws -> Set<RowClaim> {
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        for (item, settlement) in settlements {
            let identity = RowClaim.arrays([item.handle])
            switch settlement {
            case .done: batch.add(Self.sent, identity)
            case .retry(let delay, let reason):
                batch.add(Self.failed, identity + [.microseconds(delay), .text(reason)])
            case .deadLetter(let reason): batch.add(Self.deadLettered, identity + [.text(reason)])
            case .released(let delay): batch.add(Self.released, identity + [.microseconds(delay)])
            }
        }
        var valid: Set<RowClaim> = []
        for result in try await pool.run(batch) { valid.formUnion(try RowClaim.all(in: result)) }
        return valid
    }

    func timeUntilDue() async throws -> Duration? {
        guard let row = try await query(Self.due, [], as: .read).first else { return nil }
        noteAnswer(at: try row.timestamp(1))
        return try row.int64IfPresent(0).map { .microseconds($0) }
    }

    func backlog() async throws -> WorkBacklog? {
        try WorkBacklog(queue: "mail", await query(Self.waiting, [], as: .read))
    }

    private static let waiting = WorkBacklog.statement(
        table: "main.notifications", due: "next_attempt_on", where: "failed_on IS NULL")

    // MARK: Mails that were given up

    func purge(olderThan retention: Duration) async throws(PostgresError) {
        while try await query(Self.purging, [.microseconds(retention)]).affectedRows > 0 {}
    }

    func deadLetterCount() async throws(PostgresError) -> Int {
        try await query(Self.counting, [], as: .read).first?.int(0) ?? 0
    }

    private func query(
        _ statement: PostgresStatement, _ values: [PostgresValue], as workload: PostgresWorkload = .write
    ) async throws(PostgresError) -> PostgresResult {
        try await pool.query(statement, values, settings: TenantScope.everyTenant, as: workload)
    }

    // MARK: SQL. Durations are microseconds.

    private static let insertion: PostgresStatement = """
        INSERT INTO main.notifications (id, type, tenant_id, content, next_attempt_on, created_on, traceparent, is_bulk)
        VALUES ($1, $2, $3, $4, now(), now(), $5, $6)
        """

    /// Parameters: how many, claim, lease, the first and the last answer of the database, longest gap.
    private static let claiming: PostgresStatement = """
        WITH due AS MATERIALIZED (
            SELECT id, claim IS NOT NULL AS is_in_doubt FROM main.notifications
            WHERE failed_on IS NULL AND next_attempt_on <= now()
                AND (claim IS NULL OR ($4::timestamptz <= now() - $3 * interval '1 microsecond'
                    AND $5::timestamptz >= now() - $6 * interval '1 microsecond'))
            ORDER BY is_bulk, next_attempt_on LIMIT $1 FOR UPDATE SKIP LOCKED)
        UPDATE main.notifications AS mail SET claim = $2, next_attempt_on = now() + $3 * interval '1 microsecond'
        FROM due
        WHERE mail.id = due.id
        RETURNING mail.id, type, content, attempts, (extract(epoch FROM now() - created_on) * 1000000)::bigint,
            is_in_doubt, now(), mail.traceparent
        """

    private static let releaseClaim: PostgresStatement = """
        UPDATE main.notifications SET claim = NULL, next_attempt_on = now() WHERE claim = $1 AND failed_on IS NULL
        """

    private static let owned = """
        FROM unnest($1::uuid[], $2::uuid[]) AS mine (id, claim)
        WHERE mail.id = mine.id AND mail.claim = mine.claim AND mail.failed_on IS NULL
        RETURNING mine.id, mine.claim, now()
        """

    private static let renewal = PostgresStatement(
        "UPDATE main.notifications AS mail SET next_attempt_on = now() + $3 * interval '1 microsecond' " + owned)

    private static let sent = PostgresStatement(
        "DELETE FROM main.notifications AS mail " + owned.replacing("FROM unnest", with: "USING unnest"))

    private static let failed = PostgresStatement(
        """
        UPDATE main.notifications AS mail
        SET attempts = attempts + 1, next_attempt_on = now() + $3 * interval '1 microsecond', claim = NULL,
            last_error = $4
        """ + " " + owned)

    private static let deadLettered = PostgresStatement(
        """
        UPDATE main.notifications AS mail
        SET attempts = attempts + 1, failed_on = now(), claim = NULL, last_error = $3
        """ + " " + owned)

    private static let released = PostgresStatement(
        """
        UPDATE main.notifications AS mail
        SET next_attempt_on = now() + $3 * interval '1 microsecond', claim = NULL
        """ + " " + owned)

    private static let due: PostgresStatement = """
        SELECT (extract(epoch FROM min(next_attempt_on) - now()) * 1000000)::bigint, now() FROM main.notifications
        WHERE failed_on IS NULL AND next_attempt_on > now()
        """

    private static let purging: PostgresStatement = """
        DELETE FROM main.notifications WHERE id IN (
            SELECT id FROM main.notifications WHERE failed_on < now() - $1 * interval '1 microsecond'
            ORDER BY failed_on LIMIT 1000 FOR UPDATE SKIP LOCKED)
        """

    private static let counting: PostgresStatement = """
        SELECT count(*) FROM (SELECT FROM main.notifications WHERE failed_on IS NOT NULL LIMIT 1000) AS failed
        """
}
