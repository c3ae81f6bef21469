import PostgresClient
import Primitives
import WorkQueue

/// The SQL of ``DeliveryStore``. Durations are microseconds.
enum DeliveryStatements {
    /// Takes queues in which something is due, one by one by their key: a join would read all of them. Parameters: how many,
    /// claim, full bulkheads, most of one host.
    static let claimingQueues: PostgresStatement = """
        WITH due AS (
            SELECT endpoint_id, due_on, row_number() OVER (PARTITION BY host ORDER BY due_on) AS place FROM (
                SELECT endpoint_id, host, due_on FROM main.webhook_queues
                WHERE due_on <= now() AND 'host:' || host <> ALL ($3)
                    AND (owner_id IS NULL OR 'tenant:' || owner_id <> ALL ($3))
                ORDER BY due_on LIMIT $1 * 4) AS first),
        taken AS MATERIALIZED (
            SELECT queue.endpoint_id FROM (SELECT endpoint_id FROM due WHERE place <= $4 ORDER BY due_on) AS chosen
            CROSS JOIN LATERAL (
                SELECT endpoint_id FROM main.webhook_queues
                WHERE endpoint_id = chosen.endpoint_id AND due_on <= now() FOR UPDATE SKIP LOCKED) AS queue
            LIMIT $1)
        UPDATE main.webhook_queues AS queue SET claim = $2 FROM taken WHERE queue.endpoint_id = taken.endpoint_id
        """

    /// How many deliveries of a queue are being sent.
    private static let open = """
        (SELECT count(*) FROM main.webhook_deliveries AS open
            WHERE open.endpoint_id = queue.endpoint_id AND open.claim IS NOT NULL AND open.next_attempt_on > now())
        """

    /// When the next delivery of a queue is due.
    private static let next = """
        (SELECT waiting.next_attempt_on FROM main.webhook_deliveries AS waiting
            WHERE waiting.endpoint_id = queue.endpoint_id AND waiting.status = 'PENDING'
            ORDER BY waiting.next_attempt_on LIMIT 1)
        """

    /// Takes due deliveries of the queues. Parameters: claim, most of one endpoint, lease, how many.
    static let claimingDeliveries = PostgresStatement(
        """
        WITH queue AS MATERIALIZED (
            SELECT endpoint_id, host, failing_since, greatest($2 - \(open), 0) AS places
            FROM main.webhook_queues AS queue WHERE claim = $1),
        due AS MATERIALIZED (
            SELECT waiting.id FROM queue CROSS JOIN LATERAL (
                SELECT id FROM main.webhook_deliveries
                WHERE endpoint_id = queue.endpoint_id AND status = 'PENDING' AND next_attempt_on <= now()
                ORDER BY next_attempt_on LIMIT queue.places FOR UPDATE SKIP LOCKED) AS waiting
            LIMIT $4)
        UPDATE main.webhook_deliveries AS delivery
        SET claim = $1, next_attempt_on = now() + $3 * interval '1 microsecond'
        FROM due, queue, main.webhook_endpoints AS endpoint
        WHERE delivery.id = due.id AND queue.endpoint_id = delivery.endpoint_id AND endpoint.id = delivery.endpoint_id
        RETURNING delivery.id, delivery.endpoint_id, delivery.owner_id, delivery.event_type, delivery.body,
            delivery.failures, endpoint.url, queue.host,
            (extract(epoch FROM now() - queue.failing_since) * 1000000)::bigint, delivery.traceparent
        """)

    /// The valid keys of the endpoints of claimed deliveries, the current one first. Parameter: claim.
    static let readingKeys: PostgresStatement = """
        SELECT secret.endpoint_id, secret.id, secret.sealed FROM main.webhook_secrets AS secret
        WHERE secret.endpoint_id IN (SELECT endpoint_id FROM main.webhook_deliveries WHERE claim = $1)
            AND (secret.expires_on IS NULL OR secret.expires_on > now())
        ORDER BY secret.endpoint_id, secret.created_on DESC
        """

    /// Gives the queues back. One whose places are all taken is due when one of them is free; should nobody say so, at the end
    /// of the lease. Parameters: claim, most of one endpoint, lease.
    static let returningQueues = PostgresStatement(
        """
        UPDATE main.webhook_queues AS queue SET claim = NULL, due_on = CASE
            WHEN NOT queue.is_active THEN NULL
            WHEN \(open) >= $2 THEN now() + $3 * interval '1 microsecond'
            ELSE \(next) END
        WHERE queue.claim = $1
        """)

    /// Gives back what was claimed by a request whose answer was lost. Parameter: claim.
    static let releasingClaim: PostgresStatement = """
        WITH released AS (
            UPDATE main.webhook_deliveries SET claim = NULL, next_attempt_on = now() WHERE claim = $1
            RETURNING endpoint_id)
        UPDATE main.webhook_queues SET claim = NULL, due_on = now()
        WHERE endpoint_id IN (SELECT endpoint_id FROM released) AND is_active
        """

    /// Parameters: deliveries, claims, lease.
    static let renewal: PostgresStatement = """
        UPDATE main.webhook_deliveries AS delivery SET next_attempt_on = now() + $3 * interval '1 microsecond'
        FROM unnest($1::uuid[], $2::uuid[]) AS mine (id, claim)
        WHERE delivery.id = mine.id AND delivery.claim = mine.claim
        RETURNING mine.id, mine.claim
        """

    static let waiting = WorkBacklog.statement(table: "main.webhook_queues", due: "due_on")

    static let due: PostgresStatement = """
        SELECT (extract(epoch FROM min(due_on) - now()) * 1000000)::bigint FROM main.webhook_queues WHERE due_on > now()
        """

    // MARK: Outcomes

    /// Parameter: endpoints.
    static let lockingQueues: PostgresStatement = """
        SELECT endpoint_id FROM main.webhook_queues WHERE endpoint_id = ANY ($1) ORDER BY endpoint_id FOR UPDATE
        """

    /// When to look at queues again, after deliveries have changed. Parameters: endpoints, most of one endpoint.
    static let schedulingQueues = PostgresStatement(
        """
        UPDATE main.webhook_queues AS queue SET due_on = CASE
            WHEN NOT queue.is_active THEN NULL WHEN \(open) >= $2 THEN queue.due_on ELSE \(next) END
        WHERE queue.endpoint_id = ANY ($1)
        """)

    /// Parameters: delivery, claim, delay.
    static let release: PostgresStatement = """
        UPDATE main.webhook_deliveries SET claim = NULL, next_attempt_on = now() + $3 * interval '1 microsecond'
        WHERE id = $1 AND claim = $2 RETURNING id, $2
        """

    /// The statement that ends a claim with the outcome of the attempt, and logs it.
    static func end(_ handle: RowClaim, _ outcome: DeliveryOutcome) -> BoundStatement {
        let status: WebhookDelivery.Status
        let delay: Duration?
        switch outcome {
        case .succeeded: (status, delay) = (.succeeded, nil)
        case .failed(_, let wait?): (status, delay) = (.pending, wait)
        case .failed(_, nil): (status, delay) = (.failed, nil)
        }
        let report = outcome.report
        return BoundStatement(
            ending,
            handle.values + [
                .text(status.rawValue), .microseconds(delay ?? .zero), .identifier(.v7(at: report.startedOn)),
                .timestamp(report.startedOn.truncatedToMilliseconds),
                .int32(Int32(clamping: report.duration.milliseconds)),
                .optional(report.status) { .int32(Int32(clamping: $0)) }, .optional(report.error, PostgresValue.text),
                .optional(report.response, PostgresValue.text),
            ])
    }

    /// Parameters: delivery, claim, status, delay, attempt, when it began, milliseconds, HTTP status, error, response.
    private static let ending: PostgresStatement = """
        WITH ended AS (
            UPDATE main.webhook_deliveries SET status = $3, claim = NULL, attempts = attempts + 1,
                failures = CASE WHEN $3 = 'SUCCEEDED' THEN 0 ELSE failures + 1 END,
                next_attempt_on = CASE WHEN $3 = 'PENDING'
                    THEN date_trunc('milliseconds', now() + $4 * interval '1 microsecond') END,
                completed_on = CASE WHEN $3 <> 'PENDING' THEN date_trunc('milliseconds', now()) END,
                last_status = $8::integer, last_error = $9::text, row_version = row_version + 1
            WHERE id = $1 AND claim = $2 RETURNING id, endpoint_id, owner_id, attempts),
        logged AS (
            INSERT INTO main.webhook_attempts
                (id, delivery_id, owner_id, number, started_on, duration_millis, http_status, error, response)
            SELECT $5, id, owner_id, attempts, $6, $7::integer, $8::integer, $9::text, $10::text FROM ended),
        noted AS (
            UPDATE main.webhook_queues AS queue
            SET failing_since = CASE WHEN $3 <> 'SUCCEEDED' THEN coalesce(queue.failing_since, now()) END
            FROM ended WHERE queue.endpoint_id = ended.endpoint_id
                AND (queue.failing_since IS NULL) = ($3 <> 'SUCCEEDED'))
        SELECT id, $2 FROM ended
        """
}
