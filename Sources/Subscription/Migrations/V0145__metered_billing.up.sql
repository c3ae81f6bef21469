-- What the use of meters costs those who subscribe to a plan, and the usage that invoices were made of.
CREATE TABLE main.metered_prices (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL REFERENCES main.plans (id),
    meter_key varchar(100) NOT NULL,
    currency_code varchar(3) NOT NULL,
    name varchar(100),
    price jsonb NOT NULL,
    created_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    modified_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    row_version bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX idx_metered_prices_meter ON main.metered_prices (plan_id, meter_key, currency_code) WHERE NOT deleted;
CREATE INDEX idx_metered_prices_created ON main.metered_prices (created_on DESC, id) WHERE NOT deleted;
CREATE INDEX idx_metered_prices_plan ON main.metered_prices (plan_id);
CREATE TRIGGER touch_row BEFORE UPDATE ON main.metered_prices FOR EACH ROW EXECUTE FUNCTION main.touch_row();

-- What was billed never changes, whatever becomes of the sums of the meter and of who bills it next.
CREATE TABLE main.subscription_usage (
    subscription_id uuid NOT NULL REFERENCES main.subscription_billing (id),
    tenant_id uuid NOT NULL,
    meter_key varchar(100) NOT NULL,
    day date NOT NULL,
    number integer NOT NULL,
    quantity numeric NOT NULL CHECK (quantity >= 0),
    PRIMARY KEY (subscription_id, meter_key, day, number)
);
COMMENT ON COLUMN main.subscription_usage.day IS 'of the calendar of the subscription; the last day of what was billed always has a row';
COMMENT ON COLUMN main.subscription_usage.number IS 'from 1; prices of events have a row for each, others one a day';
CREATE INDEX idx_subscription_usage_tenant ON main.subscription_usage (tenant_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON main.subscription_usage
    FOR EACH ROW EXECUTE FUNCTION main.refuse_change();

-- Events are removed after a while, and a price of events reads them at the end of a period, which may be a year.
ALTER TABLE main.usage_closings ADD COLUMN counts_events boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN main.usage_closings.counts_events IS 'the price needs the events themselves, which are kept until they are billed';

-- Users of a tenant who subscribe begin to bill its usage.
ALTER POLICY tenant_isolation ON main.usage_closings WITH CHECK (
    current_setting('app.tenant_id', true) = '*' OR tenant_id::text = nullif(current_setting('app.tenant_id', true), ''));

ALTER TABLE main.subscription_usage ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.subscription_usage
    USING (
        (SELECT current_setting('app.tenant_id', true) = '*')
        OR tenant_id::text = (SELECT nullif(current_setting('app.tenant_id', true), '')))
    WITH CHECK (
        current_setting('app.tenant_id', true) = '*'
        OR tenant_id::text = nullif(current_setting('app.tenant_id', true), ''));
ALTER TABLE main.metered_prices ENABLE ROW LEVEL SECURITY;
CREATE POLICY catalogue_read ON main.metered_prices FOR SELECT
    USING ((SELECT current_setting('app.tenant_id', true) <> ''));
CREATE POLICY catalogue_write ON main.metered_prices
    USING ((SELECT current_setting('app.tenant_id', true) = '*'))
    WITH CHECK (current_setting('app.tenant_id', true) = '*');
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.metered_prices TO subscription_app;
        GRANT SELECT, INSERT ON main.subscription_usage TO subscription_app;
    END IF;
END
$$;
