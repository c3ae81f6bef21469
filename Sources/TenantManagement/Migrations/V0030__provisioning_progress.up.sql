-- The orchestrator also removes and moves what it has made. Each request has a row, whose id is the context of its event and of
-- the signatures of its callbacks. The row shows how far the orchestrator is, as it reports it, and what operators have decided
-- about it.
ALTER TABLE main.provisionings
    DROP CONSTRAINT provisionings_status,
    ADD COLUMN kind smallint NOT NULL DEFAULT 0,
    ADD COLUMN state varchar(20) NOT NULL DEFAULT 'REQUESTED',
    ADD COLUMN tier text,
    ADD COLUMN reason text,
    ADD COLUMN started_on timestamptz,
    ADD COLUMN ended_on timestamptz,
    ADD COLUMN progress_version bigint NOT NULL DEFAULT 0,
    ADD COLUMN steps jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN possible_commands text[] NOT NULL DEFAULT '{}',
    ADD COLUMN row_version bigint NOT NULL DEFAULT 1;
COMMENT ON COLUMN main.provisionings.kind IS '0 provision, 1 deprovision, 2 move';
COMMENT ON COLUMN main.provisionings.progress_version IS 'of the newest report that was stored; older ones are ignored';
UPDATE main.provisionings SET state = CASE status WHEN 1 THEN 'SUCCEEDED' ELSE 'FAILED' END, ended_on = completed_on
WHERE status <> 0;
-- Rules that are part of the policy, because PostgreSQL parses the checks of a table again for every statement that writes to it,
-- but keeps policies in the plan of a statement.
ALTER POLICY tenant_isolation ON main.provisionings WITH CHECK (
    ((SELECT current_setting('app.tenant_id', true) = '*') OR tenant_id = (SELECT main.current_tenant()))
    AND status IN (0, 1, 2) AND kind IN (0, 1, 2)
    AND state IN ('REQUESTED', 'RUNNING', 'COMPENSATING', 'STUCK', 'DELEGATED', 'SUCCEEDED', 'FAILED')
    AND CASE status WHEN 0 THEN state NOT IN ('SUCCEEDED', 'FAILED') WHEN 1 THEN state = 'SUCCEEDED' ELSE true END);
-- For estimates: the last runs of a tier that have succeeded.
CREATE INDEX idx_provisionings_durations ON main.provisionings (kind, tier, ended_on DESC)
    WHERE state = 'SUCCEEDED' AND started_on IS NOT NULL;

-- The state agrees with the status, whatever reports of progress say and in whatever order they arrive: no end is shown before
-- the report of the outcome, which clients act on, and a request that has succeeded shows nothing else. Whoever closes a request
-- ends its run, too, because an orchestrator need not report progress. After a failure an orchestrator may still be at work, so
-- its reports are shown, and a run that is stuck stays stuck.
CREATE FUNCTION main.show_provisioning() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.row_version := OLD.row_version + 1;
    IF NEW.status = 0 AND NEW.state IN ('SUCCEEDED', 'FAILED') THEN
        NEW.state := 'RUNNING';
        NEW.ended_on := NULL;
    ELSIF NEW.status = 1 OR (NEW.status = 2 AND OLD.status <> 2 AND NEW.state NOT IN ('STUCK', 'SUCCEEDED', 'FAILED')) THEN
        NEW.state := CASE NEW.status WHEN 1 THEN 'SUCCEEDED' ELSE 'FAILED' END;
        NEW.ended_on := coalesce(NEW.ended_on, NEW.completed_on);
        NEW.possible_commands := '{}';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER show_provisioning BEFORE UPDATE ON main.provisionings
    FOR EACH ROW EXECUTE FUNCTION main.show_provisioning();

-- Each is sent to the orchestrator as an event with the same id.
CREATE TABLE main.provisioning_commands (
    id uuid PRIMARY KEY,
    provisioning_id uuid NOT NULL REFERENCES main.provisionings (id) ON DELETE CASCADE,
    tenant_id uuid NOT NULL REFERENCES main.tenants (id),
    command varchar(10) NOT NULL,
    reason varchar(500) NOT NULL,
    requested_by varchar(100),
    requested_on timestamptz NOT NULL,
    outcome varchar(10) NOT NULL DEFAULT 'PENDING',
    detail text,
    decided_on timestamptz,
    CONSTRAINT provisioning_commands_command CHECK (command IN ('resume', 'skip', 'abort')),
    CONSTRAINT provisioning_commands_outcome CHECK (outcome IN ('PENDING', 'APPLIED', 'REFUSED'))
);
CREATE INDEX idx_provisioning_commands_run ON main.provisioning_commands (provisioning_id, requested_on);
CREATE INDEX idx_provisioning_commands_tenant ON main.provisioning_commands (tenant_id);
ALTER TABLE main.provisioning_commands ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.provisioning_commands
    USING ((SELECT current_setting('app.tenant_id', true) = '*') OR tenant_id = (SELECT main.current_tenant()))
    WITH CHECK (
        current_setting('app.tenant_id', true) = '*' OR tenant_id::text = current_setting('app.tenant_id', true));

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenant_mgmt_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.provisioning_commands TO tenant_mgmt_app;
    END IF;
END
$$;
