import PostgresClient
import WorkQueue

/// The SQL of ``ProvisioningRunRepository``. Durations are microseconds.
enum ProvisioningRunStatements {
    /// Stores a run unless the event, or the tenant's context, has one already.
    /// Parameters: id, event, tenant, key, context, tier, sealed event, traceparent, kind, plan size.
    static let insert: PostgresStatement = """
        INSERT INTO main.provisioning_runs (
            id, event_id, tenant_id, tenant_key, context, tier, sealed_event, traceparent, kind, plan_size, due_at,
            created_on, modified_on)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now(), now(), now())
        ON CONFLICT DO NOTHING
        """

    /// Claims due runs, the oldest first; of one tenant only the first that is unfinished, so that two provisionings of
    /// a tenant never run side by side. The order is the one in which runs were stored, by the clock of the database, because
    /// nodes make identifiers by their own clocks. Parameters: most runs, claim, lease, tiers to leave alone (in upper case).
    static let claim: PostgresStatement = """
        WITH due AS MATERIALIZED (
            SELECT run.id
            FROM main.provisioning_runs AS run
            WHERE run.due_at <= now() AND upper(run.tier) <> ALL($4::text[])
                AND NOT EXISTS (
                    SELECT FROM main.provisioning_runs AS earlier
                    WHERE earlier.tenant_id = run.tenant_id AND earlier.due_at IS NOT NULL
                        AND (earlier.created_on, earlier.id) < (run.created_on, run.id))
            ORDER BY run.due_at
            LIMIT $1
            FOR UPDATE OF run SKIP LOCKED
        )
        UPDATE main.provisioning_runs AS run SET claim = $2, due_at = now() + $3 * interval '1 microsecond'
        FROM due WHERE run.id = due.id
        RETURNING run.id, run.event_id, run.tenant_id, run.tenant_key, run.context, run.tier, run.traceparent,
            run.sealed_event, run.state, run.attempts, run.resources, run.app_plane_url, run.callback_state,
            run.callback_attempts, (extract(epoch FROM now() - run.created_on) * 1000000)::bigint,
            (extract(epoch FROM COALESCE(now() - run.unavailable_since, interval '0')) * 1000000)::bigint,
            run.kind, run.plan_size, run.reason, run.version,
            EXISTS (
                SELECT FROM main.workflow_commands AS command
                WHERE command.tenant_id = run.tenant_id AND command.context = run.context
                    AND command.state = 'pending')
        """

    /// Extends leases. Parameters: runs, claims, lease. Returns what is still claimed.
    static let renew: PostgresStatement = """
        UPDATE main.provisioning_runs AS run SET due_at = now() + $3 * interval '1 microsecond'
        FROM unnest($1::uuid[], $2::uuid[]) AS mine (id, claim)
        WHERE run.id = mine.id AND run.claim = mine.claim
        RETURNING mine.id, mine.claim
        """

    /// Gives the run back untried. Parameters: id, claim, delay.
    static let release: PostgresStatement = """
        UPDATE main.provisioning_runs SET due_at = now() + $3 * interval '1 microsecond', claim = NULL
        WHERE id = $1 AND claim = $2
        """

    /// Gives back everything under a claim. Parameter: claim.
    static let releaseClaim: PostgresStatement = """
        UPDATE main.provisioning_runs SET due_at = now(), claim = NULL WHERE claim = $1 AND due_at IS NOT NULL
        """

    /// The callback was accepted, and with it the progress up to a version; the run is over, or waits for an operator.
    /// Parameters: id, claim, HTTP status, version.
    static let callbackDelivered: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET callback_state = 'delivered', callback_attempts = callback_attempts + 1, callback_status = $3,
            callback_error = NULL, sealed_event = CASE state WHEN 'stuck' THEN sealed_event END,
            due_at = CASE state WHEN 'stuck' THEN 'infinity'::timestamptz END, claim = NULL,
            progress_version = GREATEST(progress_version, $4),
            progress_due_at = CASE WHEN version > $4 THEN progress_due_at END,
            sealed_secret = CASE WHEN version > $4 OR state = 'stuck' THEN sealed_secret END, modified_on = now()
        WHERE id = $1 AND claim = $2
        """

    /// The callback was finally refused; the run is over, or waits for an operator. Parameters: id, claim, HTTP status, reason.
    static let callbackRefused: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET callback_state = 'refused', callback_attempts = callback_attempts + 1, callback_status = $3,
            callback_error = $4, sealed_event = CASE state WHEN 'stuck' THEN sealed_event END,
            due_at = CASE state WHEN 'stuck' THEN 'infinity'::timestamptz END, claim = NULL, modified_on = now()
        WHERE id = $1 AND claim = $2
        """

    /// The callback was not delivered, another attempt follows. Parameters: id, claim, HTTP status, reason, delay.
    static let callbackFailed: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET callback_attempts = callback_attempts + 1, callback_status = $3, callback_error = $4,
            due_at = now() + $5 * interval '1 microsecond', claim = NULL, modified_on = now()
        WHERE id = $1 AND claim = $2
        """

    /// Nothing can be done with the run, not even a callback: it is over, or, if something was done that cannot be undone now, waits
    /// for an operator, who can only end it. Parameters: id, claim, reason.
    static let unreadable: PostgresStatement = """
        WITH begun AS (
            SELECT EXISTS (
                SELECT FROM main.workflow_steps
                WHERE run_id = $1 AND state NOT IN ('pending', 'compensated', 'kept'))
            AND NOT EXISTS (
                SELECT FROM main.provisioning_runs AS run
                JOIN main.workflow_commands AS command USING (tenant_id, context)
                WHERE run.id = $1 AND command.state = 'pending' AND command.command = 'abort') AS yes),
        run AS (UPDATE main.provisioning_runs
        SET state = CASE WHEN state IN ('provisioned', 'delegated', 'failed') THEN state WHEN begun.yes THEN 'stuck'
                ELSE 'failed' END,
            callback_state = CASE WHEN callback_state = 'delivered' THEN callback_state ELSE 'refused' END,
            last_error = $3, callback_error = $3, reason = COALESCE(reason, $3),
            sealed_event = CASE WHEN state IN ('provisioned', 'delegated', 'failed') OR NOT begun.yes THEN NULL
                ELSE sealed_event END,
            due_at = CASE WHEN state IN ('provisioned', 'delegated', 'failed') OR NOT begun.yes THEN NULL
                ELSE 'infinity'::timestamptz END,
            claim = NULL, version = version + 1, progress_due_at = COALESCE(progress_due_at, now()), modified_on = now()
        FROM begun WHERE id = $1 AND claim = $2
        RETURNING tenant_id, context),
        commands AS (
            UPDATE main.workflow_commands AS command
            SET state = CASE command.command WHEN 'abort' THEN 'applied' ELSE 'refused' END,
                detail = CASE command.command WHEN 'abort' THEN NULL ELSE $3 END, decided_on = now()
            FROM run
            WHERE command.tenant_id = run.tenant_id AND command.context = run.context AND command.state = 'pending')
        SELECT 1 FROM run
        """

    /// Whether a tenant has an unfinished run that was stored after another. Parameters: the other, tenant.
    static let hasLaterRun: PostgresStatement = """
        SELECT EXISTS (
            SELECT FROM main.provisioning_runs AS later
            WHERE later.tenant_id = $2 AND later.due_at IS NOT NULL
                AND (later.created_on, later.id) > (
                    SELECT created_on, id FROM main.provisioning_runs WHERE id = $1))
        """

    /// Microseconds until the next run is due that is not due now; NULL without such a run.
    static let timeUntilDue: PostgresStatement = """
        SELECT (extract(epoch FROM min(due_at) - now()) * 1000000)::bigint
        FROM main.provisioning_runs WHERE due_at > now() AND due_at < 'infinity'
        """

    /// How many runs are due and not claimed, and for how long.
    static let backlog = WorkBacklog.statement(table: "main.provisioning_runs", due: "due_at")

    /// Whether the database answers.
    static let check: PostgresStatement = "SELECT 1"
}
