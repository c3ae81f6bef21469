-- Provisionings become workflows of steps. A run is what it was; its steps are recorded one by one, so that a process that is
-- killed at any point leaves nothing behind but a lease that ends. Runs that are unfinished get their steps when they are next
-- claimed.
ALTER TABLE main.provisioning_runs
    ADD COLUMN kind text NOT NULL DEFAULT 'provision' CHECK (kind IN ('provision', 'deprovision', 'move')),
    ADD COLUMN plan_size text NOT NULL DEFAULT '',
    ADD COLUMN reason text,
    ADD COLUMN started_on timestamptz,
    ADD COLUMN ended_on timestamptz,
    ADD COLUMN version bigint NOT NULL DEFAULT 0,
    ADD COLUMN sealed_secret bytea,
    ADD COLUMN progress_due_at timestamptz,
    ADD COLUMN progress_claim uuid,
    ADD COLUMN progress_version bigint NOT NULL DEFAULT 0,
    ADD COLUMN progress_attempts integer NOT NULL DEFAULT 0,
    DROP CONSTRAINT provisioning_runs_state_check,
    ADD CONSTRAINT provisioning_runs_state_check
        CHECK (state IN ('pending', 'compensating', 'stuck', 'provisioned', 'delegated', 'failed'));
COMMENT ON COLUMN main.provisioning_runs.state IS 'pending: steps are performed; provisioned: all are done, whatever the kind';
COMMENT ON COLUMN main.provisioning_runs.reason IS 'why it was given up';
COMMENT ON COLUMN main.provisioning_runs.due_at IS 'not to be claimed before: a lease or a back-off; infinity: waits for an operator; NULL when nothing is left to do';
COMMENT ON COLUMN main.provisioning_runs.version IS 'grows with every change that progress reports show';
COMMENT ON COLUMN main.provisioning_runs.sealed_secret IS 'what signs progress reports (AES-GCM); erased when the last one is sent';
CREATE INDEX provisioning_runs_progress ON main.provisioning_runs (progress_due_at) WHERE progress_due_at IS NOT NULL;
CREATE INDEX provisioning_runs_stuck ON main.provisioning_runs (modified_on) WHERE state = 'stuck';

CREATE TABLE main.workflow_steps (
    run_id uuid NOT NULL REFERENCES main.provisioning_runs (id) ON DELETE CASCADE,
    position smallint NOT NULL,
    name text NOT NULL,
    is_skippable boolean NOT NULL,
    state text NOT NULL CHECK (state IN (
        'pending', 'started', 'waiting', 'succeeded', 'failed', 'skipped', 'compensating', 'compensation_waiting', 'compensated',
        'kept')),
    attempts integer NOT NULL,
    compensation_attempts integer NOT NULL,
    last_error text,
    sealed_input bytea,
    sealed_output bytea,
    started_on timestamptz,
    ended_on timestamptz,
    compensated_on timestamptz,
    PRIMARY KEY (run_id, position)
) WITH (fillfactor = 80);
COMMENT ON COLUMN main.workflow_steps.sealed_input IS 'the outputs that the step was performed with (AES-GCM)';
COMMENT ON COLUMN main.workflow_steps.sealed_output IS 'what the step has left (AES-GCM); erased when the run is over';

-- What operators have decided about runs, each applied once or refused.
CREATE TABLE main.workflow_commands (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    context text NOT NULL,
    command text NOT NULL CHECK (command IN ('resume', 'skip', 'abort')),
    reason text NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'applied', 'refused')),
    detail text,
    requested_on timestamptz NOT NULL,
    decided_on timestamptz
);
CREATE INDEX workflow_commands_run ON main.workflow_commands (tenant_id, context, requested_on);

-- Whatever ends a run: what its steps have left, which may contain secrets, is needed no longer.
CREATE FUNCTION main.erase_step_data() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE main.workflow_steps SET sealed_input = NULL, sealed_output = NULL
    WHERE run_id = NEW.id AND (sealed_input IS NOT NULL OR sealed_output IS NOT NULL);
    RETURN NULL;
END
$$;
CREATE TRIGGER erase_step_data AFTER UPDATE OF due_at ON main.provisioning_runs
    FOR EACH ROW WHEN (OLD.due_at IS NOT NULL AND NEW.due_at IS NULL) EXECUTE FUNCTION main.erase_step_data();

DO $grants$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'orchestrator_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON main.workflow_steps TO orchestrator_app;
        GRANT SELECT, INSERT, UPDATE ON main.workflow_commands TO orchestrator_app;
        -- A tenant that is removed leaves no password behind.
        GRANT DELETE ON main.tenant_credentials TO orchestrator_app;
    END IF;
END
$grants$;
