import PostgresClient

/// The SQL of the message bus database.
///
/// Publishing takes a lock in shared mode that registering a group takes exclusively: else an event that is published
/// while a group registers could be missed by both, the fan-out and the backfill.
enum PostgresBusStatements {
    /// Held while events are fanned out. 1835365730 is 'mebb' in ASCII: a lock space of its own.
    static let lockShared: PostgresStatement = "SELECT pg_advisory_xact_lock_shared(1835365730, 0)"

    /// Held while a group is registered.
    static let lockExclusive: PostgresStatement = "SELECT pg_advisory_xact_lock(1835365730, 0)"

    /// Stores events that are new, delivers them to the groups that want them, and wakes these groups.
    /// Parameters: ids, types, versions, tenants ('' is none), microseconds since 1970, traceparents ('' is none), data,
    /// now. Arrays rather than one JSON text, which could not be taken apart when a string in it holds \u0000.
    static let publish: PostgresStatement = #"""
        WITH incoming AS (
            SELECT id, type, version::integer, NULLIF(tenant, '')::uuid AS tenant_id,
                'epoch'::timestamptz + microseconds * interval '1 microsecond' AS occurred_at,
                NULLIF(traceparent, '') AS traceparent, data::json, place
            FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::text[])
                WITH ORDINALITY AS event (id, type, version, tenant, microseconds, traceparent, data, place)
        ), stored AS (
            INSERT INTO main.messages (
                event_id, type, version, tenant_id, occurred_at, traceparent, data, published_at)
            SELECT id, type, version, tenant_id, occurred_at, traceparent, data, $8
            FROM incoming ORDER BY place
            ON CONFLICT (event_id) DO NOTHING
            RETURNING position, ordering_key, type
        ), delivered AS (
            INSERT INTO main.deliveries (group_name, position, lane, type)
            SELECT consumers.name, stored.position, consumers.name || ':' || stored.ordering_key, stored.type
            FROM stored JOIN main.consumer_groups AS consumers ON stored.type = ANY(consumers.types)
            RETURNING group_name
        )
        SELECT pg_notify('message_bus', woken.group_name)
        FROM (SELECT DISTINCT group_name FROM delivered) AS woken
        """#

    /// Whether a group has these types already. Parameters: group, types.
    static let isRegistered: PostgresStatement = """
        SELECT EXISTS (SELECT FROM main.consumer_groups WHERE name = $1 AND types @> $2::text[])
        """

    /// Delivers what is kept of types that are new to a group. Parameters: group, types.
    static let backfill: PostgresStatement = """
        INSERT INTO main.deliveries (group_name, position, lane, type)
        SELECT $1::text, message.position, $1::text || ':' || message.ordering_key, message.type
        FROM main.messages AS message
        WHERE message.type = ANY($2::text[]) AND message.type <> ALL(
            COALESCE((SELECT types FROM main.consumer_groups WHERE name = $1::text), '{}'))
        """

    /// Adds a group, or types to it. Parameters: group, types, now.
    static let register: PostgresStatement = """
        INSERT INTO main.consumer_groups AS known (name, types, registered_at) VALUES ($1, $2::text[], $3)
        ON CONFLICT (name) DO UPDATE SET types = ARRAY(
            SELECT DISTINCT type FROM unnest(known.types || EXCLUDED.types) AS type ORDER BY type)
        """

    /// Takes a group from the list. Parameter: group.
    static let unregister: PostgresStatement = "DELETE FROM main.consumer_groups WHERE name = $1"

    /// Deletes what was still to be delivered to a group. Parameter: group.
    static let forget: PostgresStatement = "DELETE FROM main.deliveries WHERE group_name = $1"

    /// Claims the first pending delivery of as many ordering keys as there are, oldest first.
    /// Parameters: group, types, now, most deliveries, claim, end of the lease. Runs with ``ClaimSettings``.
    static let claim = PostgresStatement(
        """
        WITH heads AS MATERIALIZED (
            SELECT head.position
            FROM main.deliveries AS head
            WHERE head.group_name = $1 AND head.type = ANY($2::text[]) AND head.state = 0
                AND (head.visible_at IS NULL OR head.visible_at <= $3)
                AND NOT EXISTS (
                    SELECT FROM main.deliveries AS earlier
                    WHERE earlier.lane = head.lane AND earlier.state < 1 AND earlier.type = ANY($2::text[])
                        AND earlier.position + 0 < head.position
                    OFFSET 0)
            ORDER BY head.position + 0
            LIMIT $4
            FOR UPDATE OF head SKIP LOCKED
        )
        UPDATE main.deliveries AS delivery SET claim = $5, visible_at = $6
        FROM heads JOIN main.messages AS message ON message.position = heads.position
        WHERE delivery.group_name = $1 AND delivery.position = heads.position
        RETURNING \(columns)
        """)

    static let columns = """
        delivery.position, message.event_id, message.type, message.version, message.tenant_id, \
        message.occurred_at, message.traceparent, message.data, delivery.attempts, delivery.last_error, \
        delivery.settled_at
        """

    /// Ends a delivery. Parameters: group, position, claim.
    static let done: PostgresStatement = """
        DELETE FROM main.deliveries WHERE group_name = $1 AND position = $2 AND claim = $3 AND state = 0
        """

    /// Notes a failure. Parameters: group, position, claim, not before, reason.
    static let failed: PostgresStatement = """
        UPDATE main.deliveries SET attempts = attempts + 1, visible_at = $4, claim = NULL, last_error = $5
        WHERE group_name = $1 AND position = $2 AND claim = $3 AND state = 0
        """

    /// Puts a delivery among the dead letters. Parameters: group, position, claim, now, reason.
    static let buried: PostgresStatement = """
        UPDATE main.deliveries
        SET state = 2, attempts = attempts + 1, settled_at = $4, visible_at = NULL, claim = NULL, last_error = $5
        WHERE group_name = $1 AND position = $2 AND claim = $3 AND state = 0
        """

    /// Gives a delivery back. Parameters: group, position, claim.
    static let released: PostgresStatement = """
        UPDATE main.deliveries SET visible_at = NULL, claim = NULL
        WHERE group_name = $1 AND position = $2 AND claim = $3 AND state = 0
        """

    /// Gives everything under a claim back. Parameters: group, claim.
    static let releasedAll: PostgresStatement = """
        UPDATE main.deliveries SET visible_at = NULL, claim = NULL
        WHERE group_name = $1 AND claim = $2 AND state = 0
        """

    /// Prolongs leases. Parameters: group, positions, claims, end of the lease.
    static let extend: PostgresStatement = """
        UPDATE main.deliveries AS delivery SET visible_at = $4
        FROM unnest($2::bigint[], $3::uuid[]) AS mine (position, claim)
        WHERE delivery.group_name = $1 AND delivery.position = mine.position AND delivery.claim = mine.claim
            AND delivery.state = 0
        RETURNING delivery.position
        """

    /// When the next delivery becomes visible. Parameters: group, types, now.
    static let nextDue: PostgresStatement = """
        SELECT min(visible_at) FROM main.deliveries
        WHERE group_name = $1 AND type = ANY($2::text[]) AND state = 0 AND visible_at > $3
        """

    /// The dead letters of a group, oldest first. Parameters: group, most rows.
    static let deadLetters = PostgresStatement(
        """
        SELECT \(columns)
        FROM main.deliveries AS delivery JOIN main.messages AS message ON message.position = delivery.position
        WHERE delivery.group_name = $1 AND delivery.state = 2 ORDER BY delivery.position LIMIT $2
        """)

    /// Makes dead letters of a group pending again. Parameters: group, event ids or NULL for all.
    static let retry: PostgresStatement = """
        UPDATE main.deliveries AS delivery
        SET state = 0, attempts = 0, visible_at = NULL, claim = NULL, settled_at = NULL
        FROM main.messages AS message
        WHERE message.position = delivery.position AND delivery.group_name = $1 AND delivery.state = 2
            AND ($2::uuid[] IS NULL OR message.event_id = ANY($2::uuid[]))
        """

    /// Wakes a group. Parameter: group.
    static let notify: PostgresStatement = "SELECT pg_notify('message_bus', $1)"

    /// Deletes messages published before an instant that no group waits for. Parameters: instant, most rows.
    static let purge: PostgresStatement = """
        DELETE FROM main.messages WHERE position IN (
            SELECT message.position FROM main.messages AS message
            WHERE message.published_at < $1
                AND NOT EXISTS (SELECT FROM main.deliveries WHERE deliveries.position = message.position)
            ORDER BY message.published_at LIMIT $2)
        """
}
