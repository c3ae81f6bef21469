-- Parts of the limits of tenants that were reserved before they are used.
CREATE TABLE main.usage_reservations (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    meter_id uuid NOT NULL,
    feature_key varchar(50) NOT NULL,
    quantity numeric NOT NULL,
    used numeric,
    is_released boolean NOT NULL DEFAULT false,
    created_on timestamptz NOT NULL,
    expires_on timestamptz NOT NULL
) WITH (fillfactor = 80);
COMMENT ON COLUMN main.usage_reservations.used IS 'what was used of it in the end; NULL while it is reserved';
CREATE INDEX idx_usage_reservations_open ON main.usage_reservations (tenant_id, meter_id, expires_on)
    WHERE used IS NULL AND NOT is_released;
CREATE INDEX idx_usage_reservations_expiry ON main.usage_reservations (expires_on);
ALTER TABLE main.usage_reservations ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.usage_reservations
    USING (
        (SELECT current_setting('app.tenant_id', true) = '*')
        OR tenant_id::text = (SELECT nullif(current_setting('app.tenant_id', true), '')))
    WITH CHECK (current_setting('app.tenant_id', true) = '*');
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON main.usage_reservations TO subscription_app;
    END IF;
END
$$;
