-- Alerts: which limits have to be looked at because something was used, and which thresholds were reached in which period.
CREATE TABLE main.usage_checks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    meter_id uuid NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    due_at timestamptz,
    claim uuid,
    attempts integer NOT NULL DEFAULT 0,
    last_error varchar(500),
    UNIQUE (tenant_id, meter_id)
) WITH (fillfactor = 70);
COMMENT ON COLUMN main.usage_checks.version IS 'counts what was used: if it is another one at the end of a check, there is more to look at';
CREATE INDEX idx_usage_checks_due ON main.usage_checks (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX idx_usage_checks_claim ON main.usage_checks (claim) WHERE claim IS NOT NULL;

CREATE TABLE main.usage_alerts (
    tenant_id uuid NOT NULL,
    meter_id uuid NOT NULL,
    period_start timestamptz NOT NULL,
    threshold integer NOT NULL,
    reached_on timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, meter_id, period_start, threshold)
);

DO $$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY['usage_checks', 'usage_alerts']
    LOOP
        EXECUTE format('ALTER TABLE main.%I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format(
            'CREATE POLICY tenant_isolation ON main.%I
                USING (
                    (SELECT current_setting(''app.tenant_id'', true) = ''*'')
                    OR tenant_id::text = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')))
                WITH CHECK (current_setting(''app.tenant_id'', true) = ''*'')', owned);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.usage_checks TO subscription_app;
        GRANT SELECT, INSERT ON main.usage_alerts TO subscription_app;
    END IF;
END
$$;
