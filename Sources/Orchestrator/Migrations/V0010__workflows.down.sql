-- Runs that are neither finished nor failed yet begin again; what they have made is found.
UPDATE main.provisioning_runs SET state = 'failed' WHERE state IN ('compensating', 'stuck');
UPDATE main.provisioning_runs SET due_at = now(), claim = NULL WHERE due_at = 'infinity';
DROP TRIGGER erase_step_data ON main.provisioning_runs;
DROP FUNCTION main.erase_step_data();
DROP INDEX main.provisioning_runs_stuck;
DROP TABLE main.workflow_commands;
DROP TABLE main.workflow_steps;
ALTER TABLE main.provisioning_runs
    DROP CONSTRAINT provisioning_runs_state_check,
    ADD CONSTRAINT provisioning_runs_state_check CHECK (state IN ('pending', 'provisioned', 'delegated', 'failed')),
    DROP COLUMN kind, DROP COLUMN plan_size, DROP COLUMN reason, DROP COLUMN started_on, DROP COLUMN ended_on,
    DROP COLUMN version, DROP COLUMN sealed_secret, DROP COLUMN progress_due_at, DROP COLUMN progress_claim,
    DROP COLUMN progress_version, DROP COLUMN progress_attempts;
DO $grants$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'orchestrator_app') THEN
        REVOKE DELETE ON main.tenant_credentials FROM orchestrator_app;
    END IF;
END
$grants$;
