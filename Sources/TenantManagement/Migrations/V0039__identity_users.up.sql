-- Users of tenants at identity providers, and what has to be done about them there.

-- A user who was set up for a tenant. Tenants that share a realm or an organization may share a user.
CREATE TABLE main.identity_users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES main.tenants (id),
    provider varchar(20) NOT NULL,
    -- The realm or organization.
    home varchar(100) NOT NULL,
    -- Whether the home is the tenant's own.
    is_siloed boolean NOT NULL,
    user_id varchar(255) NOT NULL,
    created_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
    CONSTRAINT identity_users_once UNIQUE (tenant_id, provider, home, user_id)
);
CREATE INDEX idx_identity_users_user ON main.identity_users (provider, user_id, home);
INSERT INTO main.identity_users (tenant_id, provider, home, is_siloed, user_id)
SELECT DISTINCT tenant.id, 'keycloak', left(config.config_value ->> 'realm', 100), config.config_value ->> 'realm' = tenant.key,
    left(config.config_value ->> 'userId', 255)
FROM main.tenant_mgmt_configs AS config JOIN main.tenants AS tenant ON tenant.id = config.tenant_id
WHERE config.config_key = 'keycloak-client' AND NOT config.deleted
    AND config.config_value ->> 'realm' <> '' AND config.config_value ->> 'userId' <> '';

-- What the users of a tenant shall be: one row for each tenant whose state has changed since it has users. The work is due at
-- `due_at`, by the clock of the database; NULL when it is done. A newer version of the tenant replaces what was wanted before.
CREATE TABLE main.identity_changes (
    tenant_id uuid PRIMARY KEY REFERENCES main.tenants (id),
    wanted varchar(10) NOT NULL DEFAULT 'disabled',
    tenant_version bigint NOT NULL,
    due_at timestamptz,
    claim uuid,
    attempts integer NOT NULL DEFAULT 0,
    last_error varchar(300),
    CONSTRAINT identity_changes_wanted CHECK (wanted IN ('enabled', 'disabled', 'deleted'))
);
CREATE INDEX idx_identity_changes_due ON main.identity_changes (due_at) WHERE due_at IS NOT NULL;

ALTER TABLE main.identity_users ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.identity_users
    USING ((SELECT current_setting('app.tenant_id', true) = '*') OR tenant_id = (SELECT main.current_tenant()))
    WITH CHECK (
        current_setting('app.tenant_id', true) = '*' OR tenant_id::text = current_setting('app.tenant_id', true));
ALTER TABLE main.identity_changes ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.identity_changes
    USING ((SELECT current_setting('app.tenant_id', true) = '*') OR tenant_id = (SELECT main.current_tenant()))
    WITH CHECK (
        current_setting('app.tenant_id', true) = '*' OR tenant_id::text = current_setting('app.tenant_id', true));

-- What the users of a tenant shall be, by its state: those of a tenant whose resources were removed are deleted.
CREATE FUNCTION main.wanted_of_users(tenant uuid, status smallint, deleted boolean) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN status = 5 AND EXISTS (
            SELECT FROM main.offboardings AS offboarding
            WHERE offboarding.tenant_id = tenant AND offboarding.state = 2 AND NOT offboarding.is_superseded) THEN 'deleted'
        WHEN main.is_blocked(status, deleted) THEN 'disabled' ELSE 'enabled' END
$$;

CREATE FUNCTION main.change_identity_users() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF main.is_blocked(NEW.status, NEW.deleted) = main.is_blocked(OLD.status, OLD.deleted) AND NOT (
        OLD.status = 4 AND NEW.status = 5)
    THEN
        RETURN NULL;
    END IF;
    INSERT INTO main.identity_changes AS known (tenant_id, wanted, tenant_version, due_at)
    SELECT NEW.id, main.wanted_of_users(NEW.id, NEW.status, NEW.deleted), NEW.row_version, now()
    WHERE EXISTS (SELECT FROM main.identity_users WHERE tenant_id = NEW.id)
    -- A worker that is at it ends first: two at once could end in the wrong order.
    ON CONFLICT (tenant_id) DO UPDATE SET
        wanted = excluded.wanted, tenant_version = excluded.tenant_version, attempts = 0, last_error = NULL,
        due_at = CASE WHEN known.claim IS NULL THEN excluded.due_at ELSE known.due_at END
    WHERE known.tenant_version < excluded.tenant_version;
    RETURN NULL;
END
$$;
CREATE TRIGGER change_identity_users AFTER UPDATE OF status, deleted ON main.tenants
    FOR EACH ROW EXECUTE FUNCTION main.change_identity_users();

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenant_mgmt_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON main.identity_users, main.identity_changes TO tenant_mgmt_app;
    END IF;
END
$$;
