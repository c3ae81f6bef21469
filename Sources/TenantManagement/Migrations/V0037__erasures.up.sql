-- Erasures of personal data, each with its certificate. A tenant is erased once.
CREATE TABLE main.erasures (
    tenant_id uuid PRIMARY KEY REFERENCES main.tenants (id),
    erased_on timestamptz NOT NULL,
    erased_by varchar(100),
    -- Kept as a text, because its checksum is over its bytes.
    certificate text NOT NULL
);
ALTER TABLE main.erasures ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.erasures
    USING ((SELECT current_setting('app.tenant_id', true) = '*') OR tenant_id = (SELECT main.current_tenant()))
    WITH CHECK (
        current_setting('app.tenant_id', true) = '*' OR tenant_id::text = current_setting('app.tenant_id', true));

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenant_mgmt_app') THEN
        GRANT SELECT, INSERT ON main.erasures TO tenant_mgmt_app;
    END IF;
END
$$;
