-- The data servers that DATA_SERVERS_FILE lists (or the only one, `default`), and where each tenant's data is.
CREATE TABLE main.data_servers (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    address text NOT NULL,
    tenants bigint NOT NULL DEFAULT 0 CHECK (tenants >= 0),
    used_bytes bigint,
    measured_on timestamptz
) WITH (fillfactor = 50);
COMMENT ON COLUMN main.data_servers.address IS 'host:port; passwords of roles in tenant_credentials are kept by it';
COMMENT ON COLUMN main.data_servers.tenants IS 'rows of tenant_placements, counted by a trigger; the row is locked while a tenant is placed';

-- `current` is where the tenant's data is; `target` is where a move copies it to, and `previous` is the old copy, which is removed
-- at `due_at` (after a time, or when an operator has confirmed the move). `tier` is that of the provisioning, which later requests
-- need not name.
CREATE TABLE main.tenant_placements (
    tenant_id uuid NOT NULL,
    role text NOT NULL CHECK (role IN ('current', 'target', 'previous')),
    tenant_key text NOT NULL,
    server_id integer NOT NULL REFERENCES main.data_servers (id),
    kind text NOT NULL CHECK (kind IN ('pooled', 'silo')),
    database text NOT NULL,
    state text NOT NULL CHECK (state IN ('reserved', 'placed')),
    created_on timestamptz NOT NULL DEFAULT now(),
    modified_on timestamptz NOT NULL DEFAULT now(),
    tier text NOT NULL DEFAULT '',
    due_at timestamptz,
    claim uuid,
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    PRIMARY KEY (tenant_id, role)
) WITH (fillfactor = 80);
COMMENT ON COLUMN main.tenant_placements.state IS 'reserved: counts, but nothing may exist yet; placed: the data is there';
COMMENT ON COLUMN main.tenant_placements.due_at IS 'not to be claimed before: the end of the retention, a lease or a back-off; NULL when nothing is to be removed, or the removal was given up';
CREATE INDEX tenant_placements_due ON main.tenant_placements (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX tenant_placements_given_up ON main.tenant_placements (modified_on) WHERE role = 'previous' AND due_at IS NULL;
-- Comparing what a data server should have with what it has goes through both in the order of the names' bytes (the keys are
-- unique among tenants that are not deleted).
CREATE INDEX tenant_placements_server ON main.tenant_placements (server_id, tenant_key COLLATE "C");
CREATE INDEX tenant_credentials_name ON main.tenant_credentials (server, role COLLATE "C");

CREATE FUNCTION main.count_placements() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.server_id = NEW.server_id THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        UPDATE main.data_servers SET tenants = tenants - 1 WHERE id = OLD.server_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE main.data_servers SET tenants = tenants + 1 WHERE id = NEW.server_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER count_placements AFTER INSERT OR DELETE OR UPDATE OF server_id ON main.tenant_placements
    FOR EACH ROW EXECUTE FUNCTION main.count_placements();

DO $grants$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'orchestrator_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON main.data_servers, main.tenant_placements TO orchestrator_app;
    END IF;
END
$grants$;
