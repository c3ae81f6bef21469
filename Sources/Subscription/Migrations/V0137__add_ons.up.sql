-- What is sold beside plans, and where prices and items of subscriptions come from.
CREATE TABLE main.add_ons (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    key varchar(50) NOT NULL,
    name varchar(100) NOT NULL,
    description varchar(500),
    prices jsonb NOT NULL,
    billing_cycle_id uuid REFERENCES main.billing_cycles (id),
    once boolean NOT NULL DEFAULT false,
    is_offered boolean NOT NULL DEFAULT true,
    rules jsonb NOT NULL DEFAULT '{}',
    features jsonb NOT NULL DEFAULT '{}',
    created_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    modified_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT add_ons_once_has_no_cycle CHECK (NOT once OR billing_cycle_id IS NULL)
);
COMMENT ON COLUMN main.add_ons.billing_cycle_id IS 'how often it is billed; NULL: as often as the subscription';
CREATE UNIQUE INDEX idx_add_ons_key ON main.add_ons (key) WHERE NOT deleted;
CREATE INDEX idx_add_ons_created ON main.add_ons (created_on DESC, id) WHERE NOT deleted;
CREATE INDEX idx_add_ons_cycle ON main.add_ons (billing_cycle_id);
CREATE TRIGGER touch_row BEFORE UPDATE ON main.add_ons FOR EACH ROW EXECUTE FUNCTION main.touch_row();

ALTER TABLE main.subscription_changes ADD COLUMN add_on_id uuid;
ALTER TABLE main.subscription_changes ADD COLUMN origin varchar(20);
ALTER TABLE main.subscription_changes ADD COLUMN note varchar(200);
COMMENT ON COLUMN main.subscription_changes.add_on_id IS 'the add-on that is attached, changed or detached';
COMMENT ON COLUMN main.subscription_changes.origin IS 'where a price comes from, if it is not what the plan costs: override, override_end, repricing';

DO $$
BEGIN
    ALTER TABLE main.add_ons ENABLE ROW LEVEL SECURITY;
    CREATE POLICY catalogue_read ON main.add_ons FOR SELECT
        USING ((SELECT current_setting('app.tenant_id', true) <> ''));
    CREATE POLICY catalogue_write ON main.add_ons
        USING ((SELECT current_setting('app.tenant_id', true) = '*'))
        WITH CHECK (current_setting('app.tenant_id', true) = '*');
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.add_ons TO subscription_app;
    END IF;
END
$$;
