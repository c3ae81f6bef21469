-- Which tenants are deleted or suspended, as tenant management reports it by TENANT_ACCESS_CHANGED.
CREATE TABLE main.blocked_tenants (
    tenant_id uuid PRIMARY KEY,
    is_blocked boolean NOT NULL,
    tenant_version bigint NOT NULL,
    changed_on timestamptz NOT NULL
);
COMMENT ON COLUMN main.blocked_tenants.tenant_version IS 'of the tenant: an earlier one changes nothing';
ALTER TABLE main.blocked_tenants ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.blocked_tenants
    USING (
        (SELECT current_setting('app.tenant_id', true) = '*')
        OR tenant_id::text = (SELECT nullif(current_setting('app.tenant_id', true), '')))
    WITH CHECK (current_setting('app.tenant_id', true) = '*');
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.blocked_tenants TO subscription_app;
    END IF;
END
$$;
