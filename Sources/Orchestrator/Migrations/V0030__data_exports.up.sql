-- Requests to send the application data of a tenant to tenant management, which makes an archive of it. A row is removed when all
-- was sent, or when it was given up, which tenant management is told.
CREATE TABLE main.data_exports (
    -- That of the export.
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    tenant_key text NOT NULL,
    sealed_event bytea NOT NULL,
    traceparent text,
    -- Counted by each process that begins; what it sends replaces what was sent under a lower number.
    generation integer NOT NULL DEFAULT 0,
    -- When the work is due; the end of a lease while it is claimed.
    due_at timestamptz DEFAULT now(),
    claim uuid,
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    created_on timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX data_exports_due ON main.data_exports (due_at) WHERE due_at IS NOT NULL;

DO $grants$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'orchestrator_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON main.data_exports TO orchestrator_app;
    END IF;
END
$grants$;
