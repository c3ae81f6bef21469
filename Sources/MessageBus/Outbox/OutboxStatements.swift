import PostgresClient

/// The SQL of the relay.
enum OutboxStatements {
    /// Claims the first pending event of as many tenants as there are, oldest first.
    /// Parameters: now, most events, claim, end of the lease.
    ///
    /// Only the first pending event of an ordering key can be claimed, so a key has never two events on the way, and
    /// what is claimed together has no order among itself. A row that another relay claims in this moment is locked or,
    /// after its commit, no longer visible: the lock re-reads `visible_at`. Runs with ``ClaimSettings``.
    static let claim = PostgresStatement(
        """
        WITH heads AS MATERIALIZED (
            SELECT head.event_id
            FROM main.outbox AS head
            WHERE head.state = 0 AND (head.visible_at IS NULL OR head.visible_at <= $1)
                AND NOT EXISTS (
                    SELECT FROM main.outbox AS earlier
                    WHERE earlier.ordering_key = head.ordering_key AND earlier.state < 1
                        AND earlier.position < head.position
                    OFFSET 0)
            ORDER BY head.position
            LIMIT $2
            FOR UPDATE OF head SKIP LOCKED
        )
        UPDATE main.outbox AS event SET claim = $3, visible_at = $4
        FROM heads WHERE event.event_id = heads.event_id
        RETURNING \(columns)
        """)

    static let columns = """
        event.position, event.event_id, event.type, event.version, event.tenant_id, event.occurred_at, \
        event.traceparent, event.data, event.attempts, event.last_error, event.settled_at
        """

    /// Marks events as published. Parameters: event ids, claim, now.
    static let published: PostgresStatement = """
        UPDATE main.outbox
        SET state = 1, attempts = attempts + 1, settled_at = $3, visible_at = NULL, claim = NULL, last_error = NULL
        WHERE event_id = ANY($1::uuid[]) AND claim = $2 AND state = 0
        """

    /// Notes a failure. Parameters: event id, claim, not before, reason.
    static let failed: PostgresStatement = """
        UPDATE main.outbox SET attempts = attempts + 1, visible_at = $3, claim = NULL, last_error = $4
        WHERE event_id = $1 AND claim = $2 AND state = 0
        """

    /// Puts an event among the dead letters. Parameters: event id, claim, now, reason.
    static let buried: PostgresStatement = """
        UPDATE main.outbox
        SET state = 2, attempts = attempts + 1, settled_at = $3, visible_at = NULL, claim = NULL, last_error = $4
        WHERE event_id = $1 AND claim = $2 AND state = 0
        """

    /// Gives back what is claimed. Parameter: claim.
    static let released: PostgresStatement = """
        UPDATE main.outbox SET visible_at = NULL, claim = NULL WHERE claim = $1 AND state = 0
        """

    /// Asks the trigger to notify from now on.
    static let arm: PostgresStatement = "UPDATE main.outbox_wake_up SET armed = true WHERE NOT armed"

    /// Spares the trigger the notification while a relay is awake.
    static let disarm: PostgresStatement = "UPDATE main.outbox_wake_up SET armed = false WHERE armed"

    /// The number of a transaction of its own: all that have one at this moment have a lower one. (The upper end of a
    /// snapshot would not do: it is one past the highest number that is over, and running ones may be beyond it.)
    static let transactionNumber: PostgresStatement = "SELECT pg_current_xact_id()::text::bigint"

    /// The number of the oldest running transaction, and when the next event becomes visible. Parameter: now.
    static let outlook: PostgresStatement = """
        SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
            (SELECT min(visible_at) FROM main.outbox WHERE state = 0 AND visible_at > $1)
        """

    /// Deletes events published before an instant. Parameters: instant, most rows.
    static let purge: PostgresStatement = """
        DELETE FROM main.outbox WHERE event_id IN (
            SELECT event_id FROM main.outbox WHERE state = 1 AND settled_at < $1
            ORDER BY settled_at LIMIT $2 FOR UPDATE SKIP LOCKED)
        """

    /// The dead letters, oldest first. Parameter: most rows.
    static let deadLetters = PostgresStatement(
        """
        SELECT \(columns) FROM main.outbox AS event WHERE state = 2 ORDER BY position LIMIT $1
        """)

    /// Makes dead letters pending again. Parameter: event ids, or NULL for all.
    static let retry: PostgresStatement = """
        UPDATE main.outbox SET state = 0, attempts = 0, visible_at = NULL, claim = NULL, settled_at = NULL
        WHERE state = 2 AND ($1::uuid[] IS NULL OR event_id = ANY($1::uuid[]))
        """

    /// Wakes the relays.
    static let notify: PostgresStatement = "SELECT pg_notify('outbox', '')"

    /// How many are pending, how many dead, and when the oldest pending one happened.
    static let backlog: PostgresStatement = """
        SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 2),
            min(occurred_at) FILTER (WHERE state = 0)
        FROM main.outbox WHERE state IN (0, 2)
        """
}
