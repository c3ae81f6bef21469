import PostgresClient

/// The SQL of ``OutboxLog``. Settings: every tenant.
enum OutboxLogStatements {
    private static let columns =
        OutboxStatements.columns + ", event.state, event.replayed_by, event.replay_reason"

    /// One event. Parameter: its identifier.
    static let one = PostgresStatement("SELECT \(columns) FROM main.outbox AS event WHERE event_id = $1")

    /// The newest events. Parameters: type, tenant, state, earliest instant, most rows. Conditions that are not asked for
    /// are left out, so that each combination has its own plan.
    static func newest(hasType: Bool, hasTenant: Bool, hasState: Bool) -> PostgresStatement {
        PostgresStatement(
            """
            SELECT \(columns) FROM main.outbox AS event
            WHERE \(hasType ? "type = $1" : "$1::text IS NULL") AND \(hasTenant ? "tenant_id = $2" : "$2::uuid IS NULL")
                AND \(hasState ? "state = $3::bigint" : "$3::bigint IS NULL") AND occurred_at >= $4
            ORDER BY occurred_at DESC, event_id LIMIT $5
            """)
    }

    /// What has become of an event. Parameter: its identifier.
    static let state: PostgresStatement = "SELECT state FROM main.outbox WHERE event_id = $1"

    /// Stores a published event once more. Parameters: the event, the identity of the replay, trace, groups (NULL: all), who,
    /// why. The replay of a replay names the first event.
    static let replay: PostgresStatement = """
        INSERT INTO main.outbox (
            event_id, type, version, tenant_id, occurred_at, traceparent, data, replay_of, replay_groups, replayed_by,
            replay_reason)
        SELECT $2::uuid, type, version, tenant_id, occurred_at, $3::text, data, COALESCE(replay_of, event_id), $4::text[],
            $5::text, $6::text
        FROM main.outbox WHERE event_id = $1 AND state = 1
        """

    /// How many events are pending, counted to a limit, and when the first of them happened that is no replay of an old one.
    /// Parameter: limit.
    static let backlog: PostgresStatement = """
        SELECT (SELECT count(*) FROM (SELECT FROM main.outbox WHERE state = 0 LIMIT $1) AS waiting),
            (SELECT occurred_at FROM main.outbox WHERE state = 0 AND replay_of IS NULL ORDER BY position LIMIT 1)
        """
}
