-- Roles that were added by /roles of tenant management, as its events report them. Rows of deleted roles stay, so that a late
-- event does not bring one back.
CREATE TABLE main.known_roles (
    role_id uuid PRIMARY KEY,
    name text NOT NULL,
    audience text NOT NULL,
    permissions text[] NOT NULL,
    is_deleted boolean NOT NULL,
    role_version bigint NOT NULL,
    changed_on timestamptz NOT NULL
);

-- Grows with every change of a role: nodes ask for it once a second.
CREATE TABLE main.role_state (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    version bigint NOT NULL
) WITH (fillfactor = 20);
INSERT INTO main.role_state (version) VALUES (1);

CREATE FUNCTION main.count_role_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE main.role_state SET version = version + 1;
    RETURN NULL;
END
$$;
CREATE TRIGGER count_role_change AFTER INSERT OR UPDATE ON main.known_roles
    FOR EACH ROW EXECUTE FUNCTION main.count_role_change();

ALTER TABLE main.known_roles ENABLE ROW LEVEL SECURITY;
CREATE POLICY service_only ON main.known_roles USING ((SELECT current_setting('app.tenant_id', true) = '*'));
ALTER TABLE main.role_state ENABLE ROW LEVEL SECURITY;
CREATE POLICY service_only ON main.role_state USING ((SELECT current_setting('app.tenant_id', true) = '*'));

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.known_roles TO subscription_app;
        GRANT SELECT, UPDATE ON main.role_state TO subscription_app;
    END IF;
END
$$;
