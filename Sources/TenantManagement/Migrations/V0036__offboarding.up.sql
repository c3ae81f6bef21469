-- Off-boardings: requests to remove a tenant's resources after a grace period. State 0: scheduled, 1: the orchestrator removes the
-- resources, 2: done, 3: failed, 4: canceled.
CREATE TABLE main.offboardings (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES main.tenants (id),
    reason varchar(1000) NOT NULL,
    state smallint NOT NULL DEFAULT 0,
    grace_days smallint NOT NULL,
    requested_on timestamptz NOT NULL,
    requested_by varchar(100),
    -- The end of the grace period.
    ends_on timestamptz NOT NULL,
    -- When the work is due, counted by the clock of the database; the end of a lease while it is claimed. NULL without work.
    due_at timestamptz,
    claim uuid,
    attempts integer NOT NULL DEFAULT 0,
    last_error varchar(300),
    -- The row of main.provisionings that asks the orchestrator for it.
    context uuid,
    started_on timestamptz,
    ended_on timestamptz,
    ended_by varchar(100),
    end_note varchar(1000),
    -- Kept as a text, because its checksum is over its bytes.
    certificate text,
    -- The tenant was provisioned again, or waits for that.
    is_superseded boolean NOT NULL DEFAULT false,
    -- What has to be there before anything is removed.
    export_id uuid REFERENCES main.tenant_exports (id),
    CONSTRAINT offboardings_state CHECK (state BETWEEN 0 AND 4)
);
CREATE UNIQUE INDEX idx_offboardings_open ON main.offboardings (tenant_id) WHERE state IN (0, 1);
CREATE INDEX idx_offboardings_tenant ON main.offboardings (tenant_id, requested_on DESC, id DESC);
CREATE INDEX idx_offboardings_due ON main.offboardings (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX idx_offboardings_export ON main.offboardings (export_id);
CREATE INDEX idx_offboardings_context ON main.offboardings (context) WHERE context IS NOT NULL;
ALTER TABLE main.offboardings ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.offboardings
    USING ((SELECT current_setting('app.tenant_id', true) = '*') OR tenant_id = (SELECT main.current_tenant()))
    WITH CHECK (
        current_setting('app.tenant_id', true) = '*' OR tenant_id::text = current_setting('app.tenant_id', true));

-- A removal whose callback never comes is given up like a provisioning. Then there is no callback that reports the failure, so it
-- is reported here.
CREATE FUNCTION main.end_stale_offboarding() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE main.offboardings
    SET state = 3, ended_on = NEW.completed_on, last_error = 'the orchestrator has not reported in time'
    WHERE context = NEW.id AND state = 1;
    IF FOUND THEN
        INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
        VALUES (
            gen_random_uuid(), 'TENANT_DEPROVISIONING_FAILURE', 1, NEW.tenant_id, date_trunc('milliseconds', now()),
            json_build_object('tenantId', NEW.tenant_id, 'status', 0));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER end_stale_offboarding AFTER UPDATE OF status ON main.provisionings FOR EACH ROW
    WHEN (NEW.kind = 1 AND NEW.status = 2 AND OLD.status = 0 AND NEW.callback_digest IS NULL)
    EXECUTE FUNCTION main.end_stale_offboarding();

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenant_mgmt_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.offboardings TO tenant_mgmt_app;
    END IF;
END
$$;
