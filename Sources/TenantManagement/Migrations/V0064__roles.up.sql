-- Roles: sets of permissions, which tokens, API keys and sessions name. Own ones count as they are here; the built-in ones and
-- those of ROLES_FILE are here for the list only.

CREATE TABLE main.roles (
    id uuid PRIMARY KEY,
    name varchar(64) NOT NULL,
    description varchar(500),
    audience text NOT NULL,
    permissions varchar[] NOT NULL,
    source text NOT NULL DEFAULT 'own',
    created_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    modified_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    row_version bigint NOT NULL DEFAULT 1,
    -- ASCII only: no two names look alike, and lower() means the same everywhere.
    CONSTRAINT roles_name CHECK (name ~ '^[A-Za-z][A-Za-z0-9_.:-]{0,63}$'),
    CONSTRAINT roles_audience CHECK (audience IN ('operator', 'tenant')),
    CONSTRAINT roles_source CHECK (source IN ('builtIn', 'file', 'own'))
);
CREATE UNIQUE INDEX idx_roles_name ON main.roles (lower(name)) WHERE NOT deleted;
CREATE INDEX idx_roles_created ON main.roles (created_on DESC, id) WHERE NOT deleted;
CREATE TRIGGER touch_row BEFORE UPDATE ON main.roles FOR EACH ROW EXECUTE FUNCTION main.touch_row();

-- Grows with every change of a role: nodes ask for it once a second.
CREATE TABLE main.role_state (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    version bigint NOT NULL
) WITH (fillfactor = 20);
INSERT INTO main.role_state (version) VALUES (1);

CREATE FUNCTION main.role_event(role main.roles) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'roleId', role.id, 'name', role.name, 'audience', role.audience, 'permissions', role.permissions,
        'isDeleted', role.deleted, 'version', role.row_version)
$$;

-- Also what makes changes of roles follow one another, by the lock of the row with the version.
CREATE FUNCTION main.publish_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE main.role_state SET version = version + 1;
    IF NEW.source = 'own' THEN
        INSERT INTO main.outbox (event_id, type, version, occurred_at, data)
        VALUES (gen_random_uuid(), 'ROLE_CHANGED', 1, date_trunc('milliseconds', now()), main.role_event(NEW));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER publish_role AFTER INSERT OR UPDATE ON main.roles
    FOR EACH ROW EXECUTE FUNCTION main.publish_role();

-- Publishes all own roles once more: `arc events announce-tenants` calls it.
CREATE FUNCTION main.announce_roles() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    total bigint;
BEGIN
    INSERT INTO main.outbox (event_id, type, version, occurred_at, data)
    SELECT gen_random_uuid(), 'ROLE_CHANGED', 1, date_trunc('milliseconds', now()), main.role_event(role)
    FROM main.roles AS role WHERE source = 'own' ORDER BY id;
    GET DIAGNOSTICS total = ROW_COUNT;
    RETURN total;
END
$$;

-- Whether API keys that are still accepted have a role. Runs as the owner: behind row-level security, PostgreSQL does not look for
-- an element of a list by an index.
CREATE INDEX idx_api_keys_roles ON main.api_keys USING gin (roles) WHERE NOT deleted;
CREATE FUNCTION main.count_keys_with_role(role text, up_to integer) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*) FROM (
        SELECT FROM main.api_keys WHERE roles @> ARRAY[role]::varchar[] AND NOT deleted AND expires_on > now() LIMIT up_to
    ) AS found
$$;
REVOKE ALL ON FUNCTION main.count_keys_with_role(text, integer) FROM PUBLIC;

-- For operators only.
ALTER TABLE main.roles ENABLE ROW LEVEL SECURITY;
CREATE POLICY operators_only ON main.roles USING ((SELECT current_setting('app.tenant_id', true) = '*'));
ALTER TABLE main.role_state ENABLE ROW LEVEL SECURITY;
CREATE POLICY service_only ON main.role_state USING ((SELECT current_setting('app.tenant_id', true) = '*'));

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenant_mgmt_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.roles TO tenant_mgmt_app;
        GRANT SELECT, UPDATE ON main.role_state TO tenant_mgmt_app;
        GRANT EXECUTE ON FUNCTION main.count_keys_with_role(text, integer) TO tenant_mgmt_app;
    END IF;
END
$$;
