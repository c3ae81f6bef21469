-- Ids of users need not be UUIDs (contract section 15); then the audit columns stay empty.
DO $$
DECLARE
    entity text;
BEGIN
    FOREACH entity IN ARRAY ARRAY['currencies', 'billing_cycles', 'plans', 'billing_customer', 'invoice', 'subscriptions',
        'resources', 'services', 'plan_sizes']
    LOOP
        EXECUTE format('ALTER TABLE main.%I ALTER COLUMN created_by DROP NOT NULL', entity);
    END LOOP;
END
$$;

-- An index takes each version of a row that somebody still sees, so a text that was too long for it until a moment ago
-- would stop it yet. Rows that are written anew have one version.
ALTER TABLE main.features ALTER COLUMN key TYPE text USING key || '';
ALTER TABLE main.plans ALTER COLUMN tier TYPE text USING tier || '';

-- Dinars have three decimals, and nobody's price is to be rounded in silence.
ALTER TABLE main.plans
    ALTER COLUMN price TYPE numeric,
    ADD CONSTRAINT plans_price_range
        CHECK (price >= 0 AND price < 100000000000000 AND scale(trim_scale(price)) <= 4) NOT VALID;
ALTER TABLE main.subscriptions
    ADD CONSTRAINT subscriptions_status_known CHECK (status BETWEEN 0 AND 4) NOT VALID,
    ADD CONSTRAINT subscriptions_dates_ordered CHECK (end_date >= start_date) NOT VALID;

-- What is deleted blocks no name. The names of the original's constraints on currencies vary.
DO $$
DECLARE
    existing record;
BEGIN
    FOR existing IN
        SELECT conname, conrelid::regclass AS owner FROM pg_constraint
        WHERE contype = 'u' AND conrelid IN ('main.currencies'::regclass, 'main.plan_sizes'::regclass)
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', existing.owner, existing.conname);
    END LOOP;
END
$$;
CREATE UNIQUE INDEX idx_currencies_code ON main.currencies (currency_code) WHERE NOT deleted;
CREATE UNIQUE INDEX idx_plan_sizes_size ON main.plan_sizes (size) WHERE NOT deleted;
CREATE UNIQUE INDEX idx_billing_customer_tenant ON main.billing_customer (tenant_id) WHERE NOT deleted;
CREATE UNIQUE INDEX idx_features_key ON main.features (key) WHERE NOT deleted;

CREATE INDEX idx_plans_currency ON main.plans (currency_id);
CREATE INDEX idx_plans_billing_cycle ON main.plans (billing_cycle_id);
CREATE INDEX idx_plans_tier ON main.plans (tier);
CREATE INDEX idx_subscriptions_subscriber ON main.subscriptions (subscriber_id);
CREATE INDEX idx_subscriptions_plan ON main.subscriptions (plan_id);
CREATE INDEX idx_subscriptions_invoice ON main.subscriptions (invoice_id);
CREATE INDEX idx_subscriptions_expiry ON main.subscriptions (status, end_date) WHERE NOT deleted;
CREATE INDEX idx_invoice_billing_customer ON main.invoice (billing_customer_id);
CREATE INDEX idx_invoice_provider_id ON main.invoice (invoice_id);
CREATE INDEX idx_feature_values_feature ON main.feature_values (feature_key);
CREATE INDEX idx_feature_values_strategy ON main.feature_values (strategy_entity_id, strategy_key);
