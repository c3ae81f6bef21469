-- Usage: meters, the events that tenants' use is reported by, and their sums, from which everything is read.

CREATE TABLE main.meters (
    id uuid PRIMARY KEY,
    name varchar(200) NOT NULL,
    key varchar(100) NOT NULL,
    aggregation varchar(10) NOT NULL,
    unit varchar(50),
    feature_key varchar(50),
    limit_period varchar(10) NOT NULL DEFAULT 'month',
    allows_overage boolean NOT NULL DEFAULT false,
    alert_thresholds jsonb NOT NULL DEFAULT '[]',
    created_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    modified_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT meters_aggregation CHECK (aggregation IN ('sum', 'count', 'max', 'latest', 'unique')),
    CONSTRAINT meters_limit_period CHECK (limit_period IN ('day', 'month', 'year', 'forever'))
);
CREATE UNIQUE INDEX idx_meters_key ON main.meters (key) WHERE NOT deleted;
CREATE UNIQUE INDEX idx_meters_feature ON main.meters (feature_key) WHERE NOT deleted AND feature_key IS NOT NULL;
CREATE INDEX idx_meters_created ON main.meters (created_on DESC, id) WHERE NOT deleted;
CREATE TRIGGER touch_row BEFORE UPDATE ON main.meters FOR EACH ROW EXECUTE FUNCTION main.touch_row();

-- What was counted in one way cannot be read in another.
CREATE FUNCTION main.meters_aggregation_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.aggregation <> OLD.aggregation THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'meters_aggregation_fixed',
            TABLE = 'meters', SCHEMA = 'main', MESSAGE = 'the aggregation of a meter cannot be changed';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION main.meters_aggregation_fixed() FROM PUBLIC;
CREATE TRIGGER aggregation_fixed BEFORE UPDATE ON main.meters
    FOR EACH ROW EXECUTE FUNCTION main.meters_aggregation_fixed();

-- The only index is the key, so that a million events a minute cost one index entry each. It is what makes a repeated event harmless.
CREATE TABLE main.usage_events (
    tenant_id uuid NOT NULL,
    event_id varchar(100) NOT NULL,
    meter_id uuid NOT NULL,
    occurred_on timestamptz NOT NULL,
    billed_on timestamptz NOT NULL,
    quantity numeric NOT NULL,
    value_hash bytea,
    received_on timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, event_id)
);
COMMENT ON COLUMN main.usage_events.billed_on IS
    'the quarter of an hour that it is billed in: its own, or a later one if that was billed before it came';
COMMENT ON COLUMN main.usage_events.value_hash IS 'of the value that meters with aggregation unique count';
-- Rows are stored in the order of their arrival, which is all that a BRIN index needs; old ones are deleted by it.
CREATE INDEX idx_usage_events_received ON main.usage_events USING brin (received_on) WITH (autosummarize = on);

-- Sums by quarter of an hour (span 0), day (1) and month (2) in UTC. Every time zone in use differs from UTC by a multiple of a quarter
-- of an hour, so that every local day is a number of these.
CREATE TABLE main.usage_rollups (
    tenant_id uuid NOT NULL,
    meter_id uuid NOT NULL,
    span smallint NOT NULL,
    starts_on timestamptz NOT NULL,
    billed_on timestamptz NOT NULL,
    events bigint NOT NULL,
    total numeric NOT NULL,
    maximum numeric NOT NULL,
    latest numeric NOT NULL,
    latest_on timestamptz NOT NULL,
    latest_event varchar(100) NOT NULL,
    PRIMARY KEY (tenant_id, span, starts_on, meter_id, billed_on)
) WITH (fillfactor = 70);
CREATE INDEX idx_usage_rollups_billed ON main.usage_rollups (tenant_id, meter_id, billed_on) WHERE span = 0;

-- The different values of meters with aggregation unique, by the same spans.
CREATE TABLE main.usage_values (
    tenant_id uuid NOT NULL,
    meter_id uuid NOT NULL,
    span smallint NOT NULL,
    starts_on timestamptz NOT NULL,
    billed_on timestamptz NOT NULL,
    value_hash bytea NOT NULL,
    PRIMARY KEY (tenant_id, span, starts_on, meter_id, billed_on, value_hash)
);
CREATE INDEX idx_usage_values_billed ON main.usage_values (tenant_id, meter_id, billed_on, value_hash) WHERE span = 0;

-- Which subscription bills a tenant's use of a meter, and until when it was billed: what comes late counts as used afterwards.
CREATE TABLE main.usage_closings (
    tenant_id uuid NOT NULL,
    meter_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    closed_through timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, meter_id)
) WITH (fillfactor = 80);

DO $$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY['usage_events', 'usage_rollups', 'usage_values', 'usage_closings']
    LOOP
        EXECUTE format('ALTER TABLE main.%I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format(
            'CREATE POLICY tenant_isolation ON main.%I
                USING (
                    (SELECT current_setting(''app.tenant_id'', true) = ''*'')
                    OR tenant_id::text = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')))
                WITH CHECK (current_setting(''app.tenant_id'', true) = ''*'')', owned);
    END LOOP;
    ALTER TABLE main.meters ENABLE ROW LEVEL SECURITY;
    CREATE POLICY catalogue_read ON main.meters FOR SELECT
        USING ((SELECT current_setting('app.tenant_id', true) <> ''));
    CREATE POLICY catalogue_write ON main.meters
        USING ((SELECT current_setting('app.tenant_id', true) = '*'))
        WITH CHECK (current_setting('app.tenant_id', true) = '*');
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.meters, main.usage_rollups, main.usage_closings TO subscription_app;
        GRANT SELECT, INSERT, DELETE ON main.usage_events, main.usage_values TO subscription_app;
        -- An event is never changed. PostgreSQL asks for the right to change a column of a row that is locked to be removed.
        GRANT UPDATE (received_on) ON main.usage_events TO subscription_app;
    END IF;
END
$$;
