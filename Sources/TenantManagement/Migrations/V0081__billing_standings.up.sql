-- What the subscription service has reported last of tenants that owe: events may arrive in any order.
CREATE TABLE main.billing_standings (
    tenant_id uuid PRIMARY KEY,
    version bigint NOT NULL DEFAULT 0
);
COMMENT ON COLUMN main.billing_standings.version IS 'of the report that was followed last; earlier ones change nothing';
ALTER TABLE main.billing_standings ENABLE ROW LEVEL SECURITY;
-- Reads evaluate the setting once per statement, writes for each row.
CREATE POLICY tenant_isolation ON main.billing_standings
    USING ((SELECT current_setting('app.tenant_id', true) = '*') OR tenant_id = (SELECT main.current_tenant()))
    WITH CHECK (
        current_setting('app.tenant_id', true) = '*' OR tenant_id::text = current_setting('app.tenant_id', true));
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenant_mgmt_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.billing_standings TO tenant_mgmt_app;
    END IF;
END
$$;
