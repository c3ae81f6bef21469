-- One row for each provisioning that was asked for. The work and its call-back are driven from here, so that a process
-- that is killed at any point leaves nothing behind but a lease that ends.
CREATE TABLE main.provisioning_runs (
    id uuid PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE,
    tenant_id uuid NOT NULL,
    tenant_key text NOT NULL,
    context text NOT NULL,
    tier text NOT NULL,
    provisioner text,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'provisioned', 'delegated', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    resources json,
    app_plane_url text,
    callback_state text NOT NULL DEFAULT 'none' CHECK (callback_state IN ('none', 'pending', 'delivered', 'refused')),
    callback_attempts integer NOT NULL DEFAULT 0,
    callback_status integer,
    callback_error text,
    sealed_event bytea,
    traceparent text,
    due_at timestamptz,
    claim uuid,
    created_on timestamptz NOT NULL,
    modified_on timestamptz NOT NULL,
    UNIQUE (tenant_id, context)
) WITH (fillfactor = 80);
COMMENT ON COLUMN main.provisioning_runs.resources IS 'what was made, as reported; references to secrets, never secrets';
COMMENT ON COLUMN main.provisioning_runs.sealed_event IS 'the event (AES-GCM), which holds the signing secret; erased when the run is over';
COMMENT ON COLUMN main.provisioning_runs.due_at IS 'not to be claimed before: a lease or a back-off; NULL when nothing is left to do';
CREATE INDEX provisioning_runs_due ON main.provisioning_runs (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX provisioning_runs_unfinished ON main.provisioning_runs (tenant_id, id) WHERE due_at IS NOT NULL;
CREATE INDEX provisioning_runs_refused ON main.provisioning_runs (modified_on) WHERE callback_state = 'refused';

-- Passwords of the roles made for tenants, sealed. Other places only hold a reference to a row of this table.
CREATE TABLE main.tenant_credentials (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    server text NOT NULL,
    role text NOT NULL,
    sealed_password bytea NOT NULL,
    created_on timestamptz NOT NULL,
    modified_on timestamptz NOT NULL,
    UNIQUE (server, role)
);
CREATE INDEX tenant_credentials_tenant ON main.tenant_credentials (tenant_id);

DO $grants$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'orchestrator_app') THEN
        GRANT USAGE ON SCHEMA main TO orchestrator_app;
        GRANT SELECT, INSERT, UPDATE ON main.provisioning_runs, main.tenant_credentials TO orchestrator_app;
        REVOKE DELETE ON main.provisioning_runs, main.tenant_credentials FROM orchestrator_app;
    END IF;
END
$grants$;
