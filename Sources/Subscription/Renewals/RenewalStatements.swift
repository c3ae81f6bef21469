import PostgresClient

/// The SQL of ``RenewalStore``. Durations are microseconds.
enum RenewalStatements {
    /// Most subscriptions of one tenant in a claim.
    private static let share = 4

    /// Locks the queues of the tenants whose turn it is. Parameter: how many.
    static let turns: PostgresStatement = """
        SELECT tenant_id FROM main.renewal_queues WHERE due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
        """

    /// Takes due subscriptions of tenants. A tenant that has more gets its next turn after all that wait now.
    ///
    /// The subscriptions are read by (tenant, due): what waits behind those that are taken costs nothing. Parameters: how many, claim,
    /// lease, tenants.
    static let claiming = PostgresStatement(
        """
        WITH queue AS MATERIALIZED (SELECT tenant_id FROM unnest($4::uuid[]) AS queue (tenant_id)),
        due AS MATERIALIZED (
            SELECT waiting.id, queue.tenant_id FROM queue CROSS JOIN LATERAL (
                SELECT id FROM main.subscription_billing AS billing
                WHERE billing.tenant_id = queue.tenant_id AND billing.due_at <= now()
                ORDER BY billing.due_at LIMIT \(share) FOR UPDATE SKIP LOCKED) AS waiting
            LIMIT $1),
        queued AS (
            UPDATE main.renewal_queues AS turn SET due_at = (
                SELECT CASE
                    WHEN bool_or(due.id IS NULL) THEN min(next.due_at) WHEN min(next.due_at) <= now() THEN now()
                    ELSE least(now() + $3 * interval '1 microsecond', min(next.due_at)) END
                FROM (SELECT 1) AS one
                    LEFT JOIN due ON due.tenant_id = turn.tenant_id
                    LEFT JOIN LATERAL (
                        SELECT billing.due_at FROM main.subscription_billing AS billing
                        WHERE billing.tenant_id = turn.tenant_id AND billing.due_at IS NOT NULL
                            AND billing.id <> ALL (ARRAY(SELECT id FROM due))
                        ORDER BY billing.due_at LIMIT 1) AS next ON true)
            FROM queue WHERE turn.tenant_id = queue.tenant_id)
        UPDATE main.subscription_billing AS work SET claim = $2, due_at = now() + $3 * interval '1 microsecond'
        FROM due WHERE work.id = due.id
        RETURNING work.id, work.tenant_id, work.attempts, main.tenant_now(work.tenant_id)
        """)

    /// Parks a subscription. Parameters: subscription, claim, reason.
    static let parking: PostgresStatement = """
        UPDATE main.subscription_billing
        SET attempts = attempts + 1, due_at = NULL, claim = NULL, last_error = $3, parked_reason = $3,
            parked_on = date_trunc('milliseconds', now())
        WHERE id = $1 AND claim = $2
        """

    /// How long until it is a tenant's turn; not positive when it is now.
    static let untilDue: PostgresStatement =
        "SELECT (extract(epoch FROM min(due_at) - now()) * 1000000)::bigint FROM main.renewal_queues"
}
