import PostgresClient

/// The SQL of ``ProvisioningRunRepository``. Durations are microseconds.
enum ProvisioningRunStatements {
    /// Stores a run unless the event, or the tenant's context, has one already.
    /// Parameters: id, event, tenant, key, context, tier, sealed event, traceparent.
    static let insert: PostgresStatement = """
        INSERT INTO main.provisioning_runs (
            id, event_id, tenant_id, tenant_key, context, tier, sealed_event, traceparent, due_at, created_on, modified_on)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now(), now(), now())
        ON CONFLICT DO NOTHING
        """

    /// Claims due runs, the oldest first; of one tenant only the first that is unfinished, so that two provisionings of
    /// a tenant never run side by side. Parameters: most runs, claim, lease, tiers to leave alone (in upper case).
    static let claim: PostgresStatement = """
        WITH due AS MATERIALIZED (
            SELECT run.id
            FROM main.provisioning_runs AS run
            WHERE run.due_at <= now() AND upper(run.tier) <> ALL($4::text[])
                AND NOT EXISTS (
                    SELECT FROM main.provisioning_runs AS earlier
                    WHERE earlier.tenant_id = run.tenant_id AND earlier.due_at IS NOT NULL AND earlier.id < run.id)
            ORDER BY run.due_at
            LIMIT $1
            FOR UPDATE OF run SKIP LOCKED
        )
        UPDATE main.provisioning_runs AS run SET claim = $2, due_at = now() + $3 * interval '1 microsecond'
        FROM due WHERE run.id = due.id
        RETURNING run.id, run.event_id, run.tenant_id, run.tenant_key, run.context, run.tier, run.traceparent,
            run.sealed_event, run.state, run.attempts, run.resources, run.app_plane_url, run.callback_state,
            run.callback_attempts, (extract(epoch FROM now() - run.created_on) * 1000000)::bigint,
            (extract(epoch FROM COALESCE(now() - run.unavailable_since, interval '0')) * 1000000)::bigint
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

    /// The resources are made; the callback is next, under the same claim.
    /// Parameters: id, claim, provisioner, resources, application URL.
    static let provisioned: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET state = 'provisioned', attempts = attempts + 1, provisioner = $3, last_error = NULL,
            unavailable_since = NULL, resources = convert_from($4, 'UTF8')::json, app_plane_url = $5,
            callback_state = 'pending', modified_on = now()
        WHERE id = $1 AND claim = $2
        """

    /// A pipeline has accepted the work; the run is over. Parameters: id, claim, provisioner.
    static let delegated: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET state = 'delegated', attempts = attempts + 1, provisioner = $3, last_error = NULL,
            unavailable_since = NULL, sealed_event = NULL, due_at = NULL, claim = NULL, modified_on = now()
        WHERE id = $1 AND claim = $2
        """

    /// An attempt failed, another one follows. Parameters: id, claim, provisioner, reason, delay.
    static let provisioningFailed: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET attempts = attempts + 1, provisioner = $3, last_error = $4, unavailable_since = NULL,
            due_at = now() + $5 * interval '1 microsecond', claim = NULL, modified_on = now()
        WHERE id = $1 AND claim = $2
        """

    /// A dependency is away, which is no attempt. Parameters: id, claim, provisioner, reason, delay.
    static let provisioningPostponed: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET provisioner = $3, last_error = $4, unavailable_since = COALESCE(unavailable_since, now()),
            due_at = now() + $5 * interval '1 microsecond', claim = NULL, modified_on = now()
        WHERE id = $1 AND claim = $2
        """

    /// Given up; the callback that says so is next, under the same claim. Parameters: id, claim, provisioner, reason.
    static let provisioningGivenUp: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET state = 'failed', attempts = attempts + 1, provisioner = $3, last_error = $4, callback_state = 'pending',
            modified_on = now()
        WHERE id = $1 AND claim = $2
        """

    /// The callback was accepted; the run is over. Parameters: id, claim, HTTP status.
    static let callbackDelivered: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET callback_state = 'delivered', callback_attempts = callback_attempts + 1, callback_status = $3,
            callback_error = NULL, sealed_event = NULL, due_at = NULL, claim = NULL, modified_on = now()
        WHERE id = $1 AND claim = $2
        """

    /// What was made cannot be accepted; the callback that says so is next, under the same claim.
    /// Parameters: id, claim, HTTP status, reason.
    static let reportRefused: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET state = 'failed', last_error = $4, callback_attempts = callback_attempts + 1, callback_status = $3,
            callback_error = $4, modified_on = now()
        WHERE id = $1 AND claim = $2
        """

    /// The callback was finally refused; the run is over. Parameters: id, claim, HTTP status, reason.
    static let callbackRefused: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET callback_state = 'refused', callback_attempts = callback_attempts + 1, callback_status = $3,
            callback_error = $4, sealed_event = NULL, due_at = NULL, claim = NULL, modified_on = now()
        WHERE id = $1 AND claim = $2
        """

    /// The callback was not delivered, another attempt follows. Parameters: id, claim, HTTP status, reason, delay.
    static let callbackFailed: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET callback_attempts = callback_attempts + 1, callback_status = $3, callback_error = $4,
            due_at = now() + $5 * interval '1 microsecond', claim = NULL, modified_on = now()
        WHERE id = $1 AND claim = $2
        """

    /// Nothing can be done with the run any more, not even a callback. Parameters: id, claim, reason.
    static let unreadable: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET state = CASE state WHEN 'pending' THEN 'failed' ELSE state END, callback_state = 'refused', last_error = $3,
            callback_error = $3, sealed_event = NULL, due_at = NULL, claim = NULL, modified_on = now()
        WHERE id = $1 AND claim = $2
        """

    /// Microseconds until the next run is due that is not due now; NULL without such a run.
    static let timeUntilDue: PostgresStatement = """
        SELECT (extract(epoch FROM min(due_at) - now()) * 1000000)::bigint
        FROM main.provisioning_runs WHERE due_at > now()
        """

    /// Whether the database answers.
    static let check: PostgresStatement = "SELECT 1"
}
