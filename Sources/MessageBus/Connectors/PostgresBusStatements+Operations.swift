import PostgresClient

/// The SQL of dead letters and backlogs, for operators.
extension PostgresBusStatements {
    /// The dead letters of a group, in the order in which they were given up on, then of their events' identifiers.
    /// Parameters: group, the time and event of the one to begin behind, most rows.
    static let deadLetters = PostgresStatement(
        """
        SELECT \(columns)
        FROM main.deliveries AS delivery JOIN main.messages AS message ON message.position = delivery.position
        WHERE delivery.group_name = $1 AND delivery.state = 2 AND delivery.settled_at >= $2
            AND (delivery.settled_at, message.event_id) > ($2, $3)
        ORDER BY delivery.settled_at, message.event_id LIMIT $4
        """)

    /// How many dead letters a group has; counting stops at a thousand. Parameter: group.
    static let deadLetterCount: PostgresStatement = """
        SELECT count(*) FROM (
            SELECT FROM main.deliveries WHERE group_name = $1 AND state = 2 LIMIT 1000) AS letters
        """

    /// How many deliveries wait for a group, counted to a limit, and when the first of them was published.
    /// Parameters: group, limit. Runs with ``ClaimSettings/claiming``.
    static let backlog: PostgresStatement = """
        SELECT (SELECT count(*) FROM (
                SELECT FROM main.deliveries WHERE group_name = $1 AND state = 0 LIMIT $2) AS waiting),
            (SELECT published_at FROM main.messages WHERE position = (
                SELECT position FROM main.deliveries WHERE group_name = $1 AND state = 0
                ORDER BY position + 0 LIMIT 1))
        """

    /// The groups that have dead letters, and how many. Counting stops at a thousand a group.
    static let deadLetterCounts: PostgresStatement = """
        SELECT known.name, dead.count FROM main.consumer_groups AS known CROSS JOIN LATERAL (
            SELECT count(*) AS count FROM (
                SELECT FROM main.deliveries WHERE group_name = known.name AND state = 2 LIMIT 1000) AS letters) AS dead
        WHERE dead.count > 0 ORDER BY known.name
        """

    /// Makes dead letters of a group pending again. Parameters: group, event ids or NULL for all.
    static let retry: PostgresStatement = """
        UPDATE main.deliveries AS delivery
        SET state = 0, attempts = 0, visible_at = NULL, claim = NULL, settled_at = NULL
        FROM main.messages AS message
        WHERE message.position = delivery.position AND delivery.group_name = $1 AND delivery.state = 2
            AND ($2::uuid[] IS NULL OR message.event_id = ANY($2::uuid[]))
        """
}
