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

-- `current` is where the tenant's data is; `target` is where a move copies it to, and `previous` is the old copy.
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
    PRIMARY KEY (tenant_id, role)
) WITH (fillfactor = 80);
COMMENT ON COLUMN main.tenant_placements.state IS 'reserved: counts, but nothing may exist yet; placed: the data is there';
-- Compared with what a server has, in the order of the keys (which are unique among tenants that are not deleted).
CREATE INDEX tenant_placements_server ON main.tenant_placements (server_id, tenant_key COLLATE "C");

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
