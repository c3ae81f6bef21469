import PostgresClient

/// The SQL of the relay.
enum OutboxStatements {
    // Rows are looked up by arrays of identifiers: `event_id = ANY(…)` with `state + 0` leaves no way but the primary key,
    // where a join could be turned round and read the whole queue. See ClaimSettings.

    /// The lanes (ordering keys) that have anything pending, in order: each is found behind the one before it by one look
    /// into `outbox_pending_by_key`, however much waits in it; and of each lane the first event.
    private static func heads(from first: String, through last: String) -> String {
        """
        WITH RECURSIVE lanes AS (
            (SELECT ordering_key FROM main.outbox WHERE state < 1 AND ordering_key >= \(first)
                ORDER BY ordering_key, position LIMIT 1)
            UNION ALL
            SELECT next.ordering_key FROM lanes CROSS JOIN LATERAL (
                SELECT ordering_key FROM main.outbox
                WHERE state < 1 AND ordering_key > lanes.ordering_key \(last)
                ORDER BY ordering_key, position LIMIT 1) AS next
        ), firsts AS (
            SELECT head.event_id, lanes.ordering_key, head.visible_at, head.claim FROM lanes CROSS JOIN LATERAL (
                SELECT event_id, visible_at, claim FROM main.outbox
                WHERE ordering_key = lanes.ordering_key AND state < 1
                ORDER BY position LIMIT 1 OFFSET 0) AS head
        )
        """
    }

    /// Claims runs of consecutive events, lane by lane; lanes share what is claimed evenly.
    /// Parameters: most events, most events of a lane, claim, lease in microseconds, the lowest lane, the highest lane
    /// (NULL: all).
    ///
    /// A lane can be claimed only by its first pending event, so its events are never on two ways at once, and later
    /// ones never overtake earlier ones. A row that another relay is claiming is locked or, after its commit,
    /// no longer visible: the lock re-reads `visible_at`. Lanes are locked in their order, one by one, so that those
    /// behind the last one have their turn in the next claim. Runs with ``ClaimSettings/claiming``.
    static let claim = PostgresStatement(
        heads(from: "$5", through: "AND ($6::uuid IS NULL OR ordering_key <= $6)")
            + """
            , candidates AS MATERIALIZED (
                SELECT event_id FROM firsts WHERE visible_at IS NULL OR visible_at <= now() LIMIT $1 + 16
            ), heads AS MATERIALIZED (
                SELECT head.ordering_key FROM candidates CROSS JOIN LATERAL (
                    SELECT ordering_key FROM main.outbox
                    WHERE event_id = candidates.event_id AND state + 0 = 0
                        AND (visible_at IS NULL OR visible_at <= now())
                    FOR UPDATE SKIP LOCKED) AS head
                LIMIT $1
            ), runs AS MATERIALIZED (
                SELECT event.event_id FROM heads CROSS JOIN LATERAL (
                    SELECT event_id FROM main.outbox
                    WHERE ordering_key = heads.ordering_key AND state < 1
                    ORDER BY position LIMIT GREATEST(1, LEAST($2, $1 / (SELECT count(*) FROM heads))) OFFSET 0
                ) AS event
                LIMIT $1
            )
            UPDATE main.outbox AS event SET claim = $3, visible_at = now() + $4 * interval '1 microsecond'
            WHERE event.event_id = ANY(ARRAY(SELECT event_id FROM runs)) AND event.state + 0 = 0
            RETURNING \(columns)
            """)

    static let columns = """
        event.position, event.event_id, event.type, event.version, event.tenant_id, event.occurred_at, \
        event.traceparent, event.data, event.attempts, event.last_error, event.settled_at, event.replay_of, \
        event.replay_groups
        """

    /// Marks events as published. Parameters: event ids, claim.
    static let published: PostgresStatement = """
        UPDATE main.outbox
        SET state = 1, attempts = attempts + 1, settled_at = now(), visible_at = NULL, claim = NULL, last_error = NULL
        WHERE event_id = ANY($1::uuid[]) AND claim = $2 AND state + 0 = 0
        """

    /// Records a failure. Parameters: event ids, claim, delay in microseconds, reason.
    static let failed: PostgresStatement = """
        UPDATE main.outbox
        SET attempts = attempts + 1, visible_at = now() + $3 * interval '1 microsecond', claim = NULL, last_error = $4
        WHERE event_id = ANY($1::uuid[]) AND claim = $2 AND state + 0 = 0
        """

    /// Puts an event among the dead letters. Parameters: event ids, claim, reason.
    static let deadLettered: PostgresStatement = """
        UPDATE main.outbox
        SET state = 2, attempts = attempts + 1, settled_at = now(), visible_at = NULL, claim = NULL, last_error = $3
        WHERE event_id = ANY($1::uuid[]) AND claim = $2 AND state + 0 = 0
        """

    /// Gives events back. Parameters: event ids, claim.
    static let released: PostgresStatement = """
        UPDATE main.outbox SET visible_at = NULL, claim = NULL
        WHERE event_id = ANY($1::uuid[]) AND claim = $2 AND state + 0 = 0
        """

    /// Gives back what is under a claim: always the first events of their lanes. Parameters: claim, most events of a
    /// lane.
    static let releaseClaim = PostgresStatement(
        heads(from: lowestLane, through: "")
            + """
            , runs AS MATERIALIZED (
                SELECT event.event_id FROM firsts CROSS JOIN LATERAL (
                    SELECT event_id FROM main.outbox
                    WHERE ordering_key = firsts.ordering_key AND state < 1
                    ORDER BY position LIMIT $2 OFFSET 0) AS event
                WHERE firsts.claim = $1
            )
            UPDATE main.outbox AS event SET visible_at = NULL, claim = NULL
            WHERE event.event_id = ANY(ARRAY(SELECT event_id FROM runs)) AND event.claim = $1 AND event.state + 0 = 0
            """)

    private static let lowestLane = "'00000000-0000-0000-0000-000000000000'::uuid"

    /// Asks the trigger to notify from now on.
    static let arm: PostgresStatement = "UPDATE main.outbox_wake_up SET armed = true WHERE NOT armed"

    /// Spares the trigger the notification while a relay is awake.
    static let disarm: PostgresStatement = "UPDATE main.outbox_wake_up SET armed = false WHERE armed"

    /// The number of a new transaction: all transactions that have a number at this moment have a lower one. (The upper
    /// end of a snapshot would not do: it is one past the highest number that is over, and running ones may be beyond
    /// it.)
    static let transactionNumber: PostgresStatement = "SELECT pg_current_xact_id()::text::bigint"

    /// The number of the oldest running transaction, and the microseconds until a first event of a lane becomes due (0
    /// when one is due; NULL when nothing is pending).
    static let outlook = PostgresStatement(
        heads(from: lowestLane, through: "")
            + """
            SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
                (SELECT (extract(epoch FROM min(GREATEST(COALESCE(visible_at, now()) - now(), interval '0')))
                    * 1000000)::bigint FROM firsts)
            """)

    /// Deletes events published before an instant. Parameters: instant, most rows.
    static let purge: PostgresStatement = """
        DELETE FROM main.outbox WHERE event_id IN (
            SELECT event_id FROM main.outbox WHERE state = 1 AND settled_at < $1
            ORDER BY settled_at LIMIT $2 FOR UPDATE SKIP LOCKED)
        """

    /// The dead letters, in the order in which they were given up on, then of their identifiers. Parameters: the time and
    /// event of the one to begin behind, most rows.
    static let deadLetters = PostgresStatement(
        """
        SELECT \(columns) FROM main.outbox AS event
        WHERE state = 2 AND settled_at >= $1 AND (settled_at, event_id) > ($1, $2)
        ORDER BY settled_at, event_id LIMIT $3
        """)

    /// How many dead letters there are; counting stops at a thousand.
    static let deadLetterCount: PostgresStatement = """
        SELECT count(*) FROM (SELECT FROM main.outbox WHERE state = 2 LIMIT 1000) AS letters
        """

    /// Makes dead letters pending again. Parameter: event ids, or NULL for all.
    static let retry: PostgresStatement = """
        UPDATE main.outbox SET state = 0, attempts = 0, visible_at = NULL, claim = NULL, settled_at = NULL
        WHERE state = 2 AND ($1::uuid[] IS NULL OR event_id = ANY($1::uuid[]))
        """

    /// The present instant and the name of the database.
    static let present: PostgresStatement = "SELECT now(), current_database()::text"

    /// Makes events pending again. Parameters: published from, published before, most rows.
    static let publishAgain: PostgresStatement = """
        UPDATE main.outbox
        SET state = 0, attempts = 0, visible_at = NULL, claim = NULL, settled_at = NULL, last_error = NULL
        WHERE event_id IN (
            SELECT event_id FROM main.outbox WHERE state = 1 AND settled_at >= $1 AND settled_at < $2
            ORDER BY settled_at LIMIT $3 FOR UPDATE)
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
