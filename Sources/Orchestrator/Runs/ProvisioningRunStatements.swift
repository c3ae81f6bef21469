import PostgresClient

/// The SQL of ``ProvisioningRunRepository``.
enum ProvisioningRunStatements {
    /// Stores a run unless the event, or the tenant's context, has one already.
    /// Parameters: id, event, tenant, key, context, tier, sealed event, traceparent, now.
    static let insert: PostgresStatement = """
        INSERT INTO main.provisioning_runs (
            id, event_id, tenant_id, tenant_key, context, tier, sealed_event, traceparent, due_at, created_on, modified_on)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $9)
        ON CONFLICT DO NOTHING
        """

    /// Claims due runs, the oldest first; of one tenant only the first that is unfinished, so that two provisionings of
    /// a tenant never run side by side. Parameters: now, most runs, claim, end of the lease.
    static let claim: PostgresStatement = """
        WITH due AS MATERIALIZED (
            SELECT run.id
            FROM main.provisioning_runs AS run
            WHERE run.due_at <= $1
                AND NOT EXISTS (
                    SELECT FROM main.provisioning_runs AS earlier
                    WHERE earlier.tenant_id = run.tenant_id AND earlier.due_at IS NOT NULL AND earlier.id < run.id)
            ORDER BY run.due_at
            LIMIT $2
            FOR UPDATE OF run SKIP LOCKED
        )
        UPDATE main.provisioning_runs AS run SET claim = $3, due_at = $4
        FROM due WHERE run.id = due.id
        RETURNING run.id, run.event_id, run.tenant_id, run.tenant_key, run.context, run.tier, run.traceparent,
            run.sealed_event, run.state, run.attempts, run.resources, run.app_plane_url, run.callback_state,
            run.callback_attempts
        """

    /// Prolongs the lease. Parameters: id, claim, end of the lease.
    static let renew: PostgresStatement = """
        UPDATE main.provisioning_runs SET due_at = $3 WHERE id = $1 AND claim = $2
        """

    /// Gives the run back untried. Parameters: id, claim, now.
    static let release: PostgresStatement = """
        UPDATE main.provisioning_runs SET due_at = $3, claim = NULL WHERE id = $1 AND claim = $2
        """

    /// The resources are made; the call-back is next, under the same claim.
    /// Parameters: id, claim, now, provisioner, resources, application URL.
    static let provisioned: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET state = 'provisioned', attempts = attempts + 1, provisioner = $4, last_error = NULL,
            resources = convert_from($5, 'UTF8')::json, app_plane_url = $6, callback_state = 'pending', modified_on = $3
        WHERE id = $1 AND claim = $2
        """

    /// A pipeline has taken over; the run is over. Parameters: id, claim, now, provisioner.
    static let delegated: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET state = 'delegated', attempts = attempts + 1, provisioner = $4, last_error = NULL, sealed_event = NULL,
            due_at = NULL, claim = NULL, modified_on = $3
        WHERE id = $1 AND claim = $2
        """

    /// An attempt failed, another one follows. Parameters: id, claim, now, provisioner, reason, not before.
    static let provisioningFailed: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET attempts = attempts + 1, provisioner = $4, last_error = $5, due_at = $6, claim = NULL, modified_on = $3
        WHERE id = $1 AND claim = $2
        """

    /// Given up on; the call-back that says so is next, under the same claim.
    /// Parameters: id, claim, now, provisioner, reason.
    static let provisioningGivenUp: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET state = 'failed', attempts = attempts + 1, provisioner = $4, last_error = $5, callback_state = 'pending',
            modified_on = $3
        WHERE id = $1 AND claim = $2
        """

    /// The call-back was accepted; the run is over. Parameters: id, claim, now, HTTP status.
    static let callbackDelivered: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET callback_state = 'delivered', callback_attempts = callback_attempts + 1, callback_status = $4,
            callback_error = NULL, sealed_event = NULL, due_at = NULL, claim = NULL, modified_on = $3
        WHERE id = $1 AND claim = $2
        """

    /// The call-back was finally refused; the run is over. Parameters: id, claim, now, HTTP status, reason.
    static let callbackRefused: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET callback_state = 'refused', callback_attempts = callback_attempts + 1, callback_status = $4,
            callback_error = $5, due_at = NULL, claim = NULL, modified_on = $3
        WHERE id = $1 AND claim = $2
        """

    /// The call-back was not delivered, another attempt follows.
    /// Parameters: id, claim, now, HTTP status, reason, not before.
    static let callbackFailed: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET callback_attempts = callback_attempts + 1, callback_status = $4, callback_error = $5, due_at = $6,
            claim = NULL, modified_on = $3
        WHERE id = $1 AND claim = $2
        """

    /// Nothing can be done with the run any more, not even a call-back. Parameters: id, claim, now, reason.
    static let unreadable: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET state = CASE state WHEN 'pending' THEN 'failed' ELSE state END, callback_state = 'refused', last_error = $4,
            callback_error = $4, due_at = NULL, claim = NULL, modified_on = $3
        WHERE id = $1 AND claim = $2
        """

    /// When the next run is due after an instant. Parameter: the instant.
    static let nextDue: PostgresStatement = """
        SELECT min(due_at) FROM main.provisioning_runs WHERE due_at > $1
        """

    /// Whether the database answers.
    static let check: PostgresStatement = "SELECT 1"
}
