import PostgresClient

/// The SQL of workflows: their steps, and what operators have decided. Durations are microseconds.
enum WorkflowStatements {
    /// Records a claimed run and the steps that have changed; nothing happens when the claim is no longer valid. Progress is reported
    /// about a second later, so that short steps share a report. Returns a row if the claim was valid: the run, whether an
    /// operator has decided something that is not among the decisions, and the new version.
    ///
    /// Parameters: run, claim, state, attempts, provisioner, last error, reason, tier, plan size, resources, application URL,
    /// callback state, whether something is away, disposition, delay, steps, number of steps, decisions, sealed secret, status with
    /// which a report was refused, and that as a text.
    static let save: PostgresStatement = """
        WITH decided AS (SELECT * FROM jsonb_to_recordset($18) AS decided (id uuid, state text, detail text)),
        run AS (
            UPDATE main.provisioning_runs AS run
            SET state = $3, attempts = $4, provisioner = COALESCE($5, provisioner),
                last_error = CASE WHEN $3 IN ('provisioned', 'delegated') THEN NULL ELSE COALESCE($6, last_error) END,
                reason = $7, tier = $8, plan_size = $9,
                resources = convert_from($10, 'UTF8')::json, app_plane_url = COALESCE($11, app_plane_url),
                callback_state = $12,
                callback_attempts = callback_attempts + CASE WHEN $20::bigint IS NULL THEN 0 ELSE 1 END,
                callback_status = COALESCE($20::bigint, callback_status),
                callback_error = CASE WHEN $20::bigint IS NULL THEN callback_error ELSE $21 END,
                unavailable_since = CASE WHEN $13 THEN COALESCE(unavailable_since, now()) END,
                started_on = COALESCE(started_on, now()),
                ended_on = CASE WHEN $3 IN ('provisioned', 'delegated', 'failed') THEN COALESCE(ended_on, now()) END,
                due_at = CASE $14
                    WHEN 'kept' THEN due_at WHEN 'released' THEN now() + $15 * interval '1 microsecond'
                    WHEN 'parked' THEN 'infinity' END,
                claim = CASE $14 WHEN 'kept' THEN claim END,
                sealed_event = CASE $14 WHEN 'over' THEN NULL ELSE sealed_event END,
                version = version + 1, sealed_secret = COALESCE($19, sealed_secret),
                progress_due_at = COALESCE(
                    progress_due_at,
                    now() + CASE $14 WHEN 'kept' THEN interval '1 second' ELSE interval '0' END),
                modified_on = now()
            WHERE id = $1 AND claim = $2
            RETURNING id, tenant_id, context, version),
        steps AS (
            INSERT INTO main.workflow_steps AS step (
                run_id, position, name, is_skippable, state, attempts, compensation_attempts, last_error, sealed_input,
                sealed_output, started_on, ended_on, compensated_on)
            SELECT run.id, given.position, given.name, given.is_skippable, given.state, given.attempts, given.compensation_attempts,
                given.last_error, decode(given.input, 'hex'), decode(given.output, 'hex'), given.started_on, given.ended_on,
                given.compensated_on
            FROM run, jsonb_to_recordset($16) AS given (
                position smallint, name text, is_skippable boolean, state text, attempts integer,
                compensation_attempts integer, last_error text, input text, output text, started_on timestamptz,
                ended_on timestamptz, compensated_on timestamptz)
            ON CONFLICT (run_id, position) DO UPDATE
            SET name = excluded.name, is_skippable = excluded.is_skippable, state = excluded.state,
                attempts = excluded.attempts, compensation_attempts = excluded.compensation_attempts,
                last_error = excluded.last_error, sealed_input = COALESCE(excluded.sealed_input, step.sealed_input),
                sealed_output = COALESCE(excluded.sealed_output, step.sealed_output), started_on = excluded.started_on,
                ended_on = excluded.ended_on, compensated_on = excluded.compensated_on),
        surplus AS (
            DELETE FROM main.workflow_steps AS step USING run WHERE step.run_id = run.id AND step.position >= $17),
        commands AS (
            UPDATE main.workflow_commands AS command
            SET state = decided.state, detail = decided.detail, decided_on = now()
            FROM run, decided WHERE command.id = decided.id AND command.state = 'pending')
        SELECT run.id, EXISTS (
            SELECT FROM main.workflow_commands AS command
            WHERE command.tenant_id = run.tenant_id AND command.context = run.context AND command.state = 'pending'
                AND command.id NOT IN (SELECT id FROM decided)), run.version
        FROM run
        """

    /// The steps of a run in their order. Parameter: run.
    static let steps: PostgresStatement = """
        SELECT name, is_skippable, state, attempts, compensation_attempts, last_error, started_on, ended_on,
            compensated_on, sealed_output
        FROM main.workflow_steps WHERE run_id = $1 ORDER BY position
        """

    /// What an operator has decided about a run and was not applied, the oldest first. Parameters: tenant, context.
    static let pendingCommands: PostgresStatement = """
        SELECT id, command, reason FROM main.workflow_commands
        WHERE tenant_id = $1 AND context = $2 AND state = 'pending' ORDER BY requested_on, id
        """

    /// Stores a command, once: to be applied by whoever works on the run, or refused if the run is over. A run that waits becomes due
    /// at once. Returns a row if the command was stored; nothing happens if there is no such run.
    /// Parameters: command, tenant, context, what to do, reason.
    static let receiveCommand: PostgresStatement = """
        WITH run AS (
            SELECT id, due_at, claim FROM main.provisioning_runs WHERE tenant_id = $2 AND context = $3 FOR UPDATE),
        command AS (
            INSERT INTO main.workflow_commands (
                id, tenant_id, context, command, reason, state, detail, requested_on, decided_on)
            SELECT $1, $2, $3, $4, $5, CASE WHEN due_at IS NULL THEN 'refused' ELSE 'pending' END,
                CASE WHEN due_at IS NULL THEN 'the run is over' END, now(), CASE WHEN due_at IS NULL THEN now() END
            FROM run
            ON CONFLICT (id) DO NOTHING
            RETURNING id),
        woken AS (
            UPDATE main.provisioning_runs AS run SET due_at = now()
            FROM run AS found, command WHERE run.id = found.id AND found.due_at IS NOT NULL AND found.claim IS NULL)
        SELECT id FROM command
        """

    /// How many runs wait for an operator.
    static let stuckCount: PostgresStatement = "SELECT count(*) FROM main.provisioning_runs WHERE state = 'stuck'"

    /// What became of the commands of a run. Parameters: tenant, context.
    static let decidedCommands: PostgresStatement = """
        SELECT id, state = 'applied', detail, decided_on FROM main.workflow_commands
        WHERE tenant_id = $1 AND context = $2 AND state <> 'pending' ORDER BY decided_on, id
        """

    /// What the tenant has: the newest earlier run that has made or moved something which was not removed since; without one, the
    /// newest that was given up. Parameters: tenant, run.
    static let existing: PostgresStatement = """
        WITH earlier AS (
            SELECT run.* FROM main.provisioning_runs AS this
            JOIN main.provisioning_runs AS run
                ON run.tenant_id = $1 AND (run.created_on, run.id) < (this.created_on, this.id)
            WHERE this.id = $2 AND run.due_at IS NULL)
        SELECT tier, plan_size, CASE WHEN state = 'failed' THEN NULL ELSE resources END
        FROM earlier AS run
        WHERE kind <> 'deprovision'
            AND NOT EXISTS (
                SELECT FROM earlier AS removal
                WHERE (removal.created_on, removal.id) > (run.created_on, run.id)
                    AND removal.kind = 'deprovision' AND removal.state = 'provisioned')
        ORDER BY state = 'failed', created_on DESC, id DESC LIMIT 1
        """
}
