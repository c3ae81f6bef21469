import PostgresClient

/// The SQL of consumer groups, and of the backfill that gives a new group what was published before.
extension PostgresBusStatements {
    /// Held while a group is registered.
    static let lockExclusive: PostgresStatement = "SELECT pg_advisory_xact_lock(1835365730, 0)"

    /// Whether a group has these types already. Parameters: group, types.
    static let isRegistered: PostgresStatement = """
        SELECT EXISTS (SELECT FROM main.consumer_groups WHERE name = $1 AND types @> $2::text[])
        """

    /// Records what is kept of types that are new to a group, while no process can publish. Parameters: group, types.
    static let planBackfill: PostgresStatement = """
        INSERT INTO main.consumer_backfills (group_name, type, next_position, last_position)
        SELECT $1::text, type, COALESCE((SELECT min(position) FROM main.messages), 0),
            COALESCE((SELECT max(position) FROM main.messages), 0)
        FROM unnest($2::text[]) AS type
        WHERE type <> ALL(COALESCE((SELECT types FROM main.consumer_groups WHERE name = $1::text), '{}'))
        ON CONFLICT DO NOTHING
        """

    /// Adds a group, or types to it. Parameters: group, types.
    static let register: PostgresStatement = """
        INSERT INTO main.consumer_groups AS known (name, types, registered_at) VALUES ($1, $2::text[], now())
        ON CONFLICT (name) DO UPDATE SET types = ARRAY(
            SELECT DISTINCT type FROM unnest(known.types || EXCLUDED.types) AS type ORDER BY type)
        """

    /// The positions that one chunk of a backfill looks at.
    static let backfillSize = 5000

    /// Delivers one chunk of what is kept to a group, for each type that is not done yet; returns a row for each of
    /// these. Nodes that do this side by side take turns. Parameters: group, types, positions in a chunk.
    static let backfill: PostgresStatement = """
        WITH open AS (
            SELECT type, next_position, last_position FROM main.consumer_backfills
            WHERE group_name = $1::text AND type = ANY($2::text[]) AND next_position <= last_position
            ORDER BY type FOR UPDATE
        ), delivered AS (
            INSERT INTO main.deliveries (group_name, position, lane, type)
            SELECT $1::text, message.position, $1::text || ':' || message.ordering_key, message.type
            FROM open JOIN main.messages AS message ON message.type = open.type
                AND message.position >= open.next_position
                AND message.position < LEAST(open.next_position + $3::bigint, open.last_position + 1)
                AND (message.groups IS NULL OR $1::text = ANY(message.groups))
            ON CONFLICT DO NOTHING
        )
        UPDATE main.consumer_backfills AS backfill SET next_position = open.next_position + $3::bigint
        FROM open WHERE backfill.group_name = $1::text AND backfill.type = open.type
        RETURNING backfill.type
        """

    /// Forgets backfills that are done. Parameter: group.
    static let endBackfill: PostgresStatement = """
        DELETE FROM main.consumer_backfills WHERE group_name = $1 AND next_position > last_position
        """

    /// Takes a group from the list. Parameter: group.
    static let unregister: PostgresStatement = "DELETE FROM main.consumer_groups WHERE name = $1"

    /// Deletes what was still to be delivered to a group. Parameter: group.
    static let forget: PostgresStatement = "DELETE FROM main.deliveries WHERE group_name = $1"

    /// Deletes what was still to be backfilled for a group. Parameter: group.
    static let forgetBackfill: PostgresStatement = "DELETE FROM main.consumer_backfills WHERE group_name = $1"

    /// The groups that were registered.
    static let groups: PostgresStatement = "SELECT name FROM main.consumer_groups ORDER BY name"
}
