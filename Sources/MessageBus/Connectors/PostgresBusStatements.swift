import PostgresClient

/// The SQL of the message bus database.
///
/// Publishing takes a lock in shared mode that registering a group takes exclusively: else an event that is published
/// while a group registers could be missed by both, the fan-out and the backfill.
enum PostgresBusStatements {
    /// Held while events are fanned out. 1835365730 is 'mebb' in ASCII: a separate lock space.
    static let lockShared: PostgresStatement = "SELECT pg_advisory_xact_lock_shared(1835365730, 0)"

    /// Stores events that are new, delivers them to the groups that want them, and wakes these groups.
    /// Parameters: ids, types, versions, tenants ('' for an event without one), microseconds since 1970, traceparents
    /// (likewise), data, now, repeated events and groups (likewise; names joined by commas). Arrays rather than one JSON
    /// text, which could not be taken apart when a string in it holds \u0000.
    static let publish: PostgresStatement = #"""
        WITH incoming AS (
            SELECT id, type, version::integer, NULLIF(tenant, '')::uuid AS tenant_id,
                'epoch'::timestamptz + microseconds * interval '1 microsecond' AS occurred_at,
                NULLIF(traceparent, '') AS traceparent, data::json, NULLIF(replay_of, '')::uuid AS replay_of,
                string_to_array(NULLIF(groups, ''), ',') AS groups, place
            FROM unnest(
                $1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::text[], $9::text[],
                $10::text[])
                WITH ORDINALITY AS event (
                    id, type, version, tenant, microseconds, traceparent, data, replay_of, groups, place)
        ), stored AS (
            INSERT INTO main.messages (
                event_id, type, version, tenant_id, occurred_at, traceparent, data, published_at, replay_of, groups)
            SELECT id, type, version, tenant_id, occurred_at, traceparent, data, $8, replay_of, groups
            FROM incoming ORDER BY place
            ON CONFLICT (event_id) DO NOTHING
            RETURNING position, ordering_key, type, groups
        ), delivered AS (
            INSERT INTO main.deliveries (group_name, position, lane, type)
            SELECT consumers.name, stored.position, consumers.name || ':' || stored.ordering_key, stored.type
            FROM stored JOIN main.consumer_groups AS consumers ON stored.type = ANY(consumers.types)
                AND (stored.groups IS NULL OR consumers.name = ANY(stored.groups))
            RETURNING group_name
        )
        SELECT pg_notify('message_bus', woken.group_name)
        FROM (SELECT DISTINCT group_name FROM delivered) AS woken
        """#

    // Rows are looked up by arrays of positions: `position = ANY(…)` with `group_name || ''` and `state + 0` leaves no way
    // but the primary key, where a join could be turned round and read the whole queue. See ClaimSettings.

    /// The lanes of a group that have anything pending, in order: each is found behind the one before it by one look
    /// into `deliveries_lanes`, however much waits in it; and of each lane the first delivery of the wanted types.
    private static func heads(after first: String, through last: String) -> String {
        """
        WITH RECURSIVE lanes AS (
            (SELECT lane FROM main.deliveries
                WHERE group_name = $1 AND state < 1 AND lane > \(first)
                ORDER BY lane, position + 0 LIMIT 1)
            UNION ALL
            SELECT next.lane FROM lanes CROSS JOIN LATERAL (
                SELECT lane FROM main.deliveries
                WHERE group_name = $1 AND state < 1 AND lane > lanes.lane \(last)
                ORDER BY lane, position + 0 LIMIT 1) AS next
        ), firsts AS (
            SELECT lanes.lane, head.position, head.visible_at, head.claim FROM lanes CROSS JOIN LATERAL (
                SELECT position, visible_at, claim FROM main.deliveries
                WHERE group_name = $1 AND state < 1 AND lane = lanes.lane AND type = ANY($2::text[])
                ORDER BY position + 0 LIMIT 1 OFFSET 0) AS head
        )
        """
    }

    /// Claims runs of consecutive deliveries, lane by lane; a lane can be claimed only by its first pending delivery.
    /// Parameters: group, types, most lanes, claim, lease in microseconds, the lane to begin behind, the last lane
    /// (NULL: all), most deliveries of a lane. Runs with ``ClaimSettings/claiming``.
    ///
    /// A row that another consumer is claiming is locked or, after its commit, no longer visible: the lock
    /// re-reads `visible_at`. A few more lanes than asked for are looked at, for those that are locked. Lanes are locked
    /// in their order, one by one, so that those behind the last one have their turn in the next claim.
    static let claim = PostgresStatement(
        heads(after: "$6", through: "AND ($7::text IS NULL OR lane <= $7)")
            + """
            , candidates AS MATERIALIZED (
                SELECT position FROM firsts WHERE visible_at IS NULL OR visible_at <= now() LIMIT $3 + 16
            ), heads AS MATERIALIZED (
                SELECT head.lane FROM candidates CROSS JOIN LATERAL (
                    SELECT lane FROM main.deliveries
                    WHERE position = candidates.position AND group_name || '' = $1 AND state + 0 = 0
                        AND (visible_at IS NULL OR visible_at <= now())
                    FOR UPDATE SKIP LOCKED) AS head
                LIMIT $3
            ), runs AS MATERIALIZED (
                SELECT next.position FROM heads CROSS JOIN LATERAL (
                    SELECT position FROM main.deliveries
                    WHERE group_name = $1 AND state < 1 AND lane = heads.lane AND type = ANY($2::text[])
                    ORDER BY position + 0 LIMIT $8 OFFSET 0) AS next
            )
            UPDATE main.deliveries AS delivery SET claim = $4, visible_at = now() + $5 * interval '1 microsecond'
            FROM main.messages AS message
            WHERE delivery.position = ANY(ARRAY(SELECT position FROM runs)) AND delivery.group_name || '' = $1
                AND delivery.state + 0 = 0 AND message.position = delivery.position
                AND message.position = ANY(ARRAY(SELECT position FROM runs))
            RETURNING \(columns)
            """)

    /// Microseconds until a first delivery of a lane becomes due, 0 when one is due; NULL when nothing is pending.
    /// Parameters: group, types.
    static let timeUntilDue = PostgresStatement(
        heads(after: "''", through: "")
            + """
            SELECT (extract(epoch FROM min(GREATEST(COALESCE(visible_at, now()) - now(), interval '0')))
                * 1000000)::bigint
            FROM firsts
            """)

    /// Gives back what is under a claim: always the first deliveries of their lanes. Parameters: group, types, claim, most
    /// deliveries of a lane.
    static let releaseClaim = PostgresStatement(
        heads(after: "''", through: "")
            + """
            , runs AS MATERIALIZED (
                SELECT next.position FROM firsts CROSS JOIN LATERAL (
                    SELECT position FROM main.deliveries
                    WHERE group_name = $1 AND state < 1 AND lane = firsts.lane AND type = ANY($2::text[])
                    ORDER BY position + 0 LIMIT $4 OFFSET 0) AS next
                WHERE firsts.claim = $3
            )
            UPDATE main.deliveries AS delivery SET visible_at = NULL, claim = NULL
            WHERE delivery.position = ANY(ARRAY(SELECT position FROM runs)) AND delivery.group_name || '' = $1
                AND delivery.claim = $3 AND delivery.state + 0 = 0
            """)

    static let columns = """
        delivery.position, message.event_id, message.type, message.version, message.tenant_id, \
        message.occurred_at, message.traceparent, message.data, delivery.attempts, delivery.last_error, \
        delivery.settled_at, message.replay_of, message.groups
        """

    /// What is still under its claim. Parameters: group, positions, claims.
    private static let owned = """
        WHERE delivery.position = ANY($2::bigint[]) AND delivery.group_name || '' = $1 AND delivery.state + 0 = 0
            AND delivery.claim = ($3::uuid[])[array_position($2::bigint[], delivery.position)]
        RETURNING delivery.position, ($3::uuid[])[array_position($2::bigint[], delivery.position)]
        """

    /// Ends deliveries. Parameters: group, positions, claims. This and the following return what was still claimed.
    static let done = PostgresStatement("DELETE FROM main.deliveries AS delivery " + owned)

    /// Records a failure. Parameters: group, positions, claims, delay in microseconds, reason.
    static let failed = PostgresStatement(
        """
        UPDATE main.deliveries AS delivery
        SET attempts = attempts + 1, visible_at = now() + $4 * interval '1 microsecond', claim = NULL, last_error = $5
        """ + " " + owned)

    /// Puts a delivery among the dead letters. Parameters: group, positions, claims, reason.
    static let deadLettered = PostgresStatement(
        """
        UPDATE main.deliveries AS delivery
        SET state = 2, attempts = attempts + 1, settled_at = now(), visible_at = NULL, claim = NULL, last_error = $4
        """ + " " + owned)

    /// Gives a delivery back. Parameters: group, positions, claims, delay in microseconds.
    static let released = PostgresStatement(
        """
        UPDATE main.deliveries AS delivery
        SET visible_at = CASE WHEN $4::bigint > 0 THEN now() + $4 * interval '1 microsecond' END, claim = NULL
        """ + " " + owned)

    /// Extends leases. Parameters: group, positions, claims, lease in microseconds.
    static let renew = PostgresStatement(
        "UPDATE main.deliveries AS delivery SET visible_at = now() + $4 * interval '1 microsecond' " + owned)

    /// Wakes a group. Parameter: group.
    static let notify: PostgresStatement = "SELECT pg_notify('message_bus', $1)"

    /// Deletes messages published before an instant that no group waits for, going on behind a message that was looked
    /// at before. One node at a time; the others have nothing to do. Parameters: instant, most rows, the time and
    /// position of that message. Returns the time and position of the last message looked at and how many were deleted.
    static let purge: PostgresStatement = """
        WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(1835365730, 1) AS is_ours),
        old AS MATERIALIZED (
            SELECT published_at, position FROM main.messages
            WHERE (SELECT is_ours FROM turn) AND published_at < $1 AND published_at >= $3
                AND (published_at, position) > ($3, $4)
            ORDER BY published_at, position LIMIT $2
        ), purged AS (
            DELETE FROM main.messages AS message USING old
            WHERE message.position = old.position
                AND NOT EXISTS (SELECT FROM main.deliveries WHERE deliveries.position = old.position)
            RETURNING 1
        )
        SELECT published_at, position, (SELECT count(*) FROM purged), (SELECT count(*) FROM old)
        FROM old ORDER BY published_at DESC, position DESC LIMIT 1
        """
}
