DROP INDEX main.idx_feature_values_strategy;
DROP INDEX main.idx_feature_values_feature;
DROP INDEX main.idx_invoice_provider_id;
DROP INDEX main.idx_invoice_billing_customer;
DROP INDEX main.idx_subscriptions_expiry;
DROP INDEX main.idx_subscriptions_invoice;
DROP INDEX main.idx_subscriptions_plan;
DROP INDEX main.idx_subscriptions_subscriber;
DROP INDEX main.idx_plans_tier;
DROP INDEX main.idx_plans_billing_cycle;
DROP INDEX main.idx_plans_currency;

-- Fails where a deleted row and a living one have the same code or size: one of them has to be renamed first.
DROP INDEX main.idx_features_key;
DROP INDEX main.idx_billing_customer_tenant;
DROP INDEX main.idx_plan_sizes_size;
DROP INDEX main.idx_currencies_code;
ALTER TABLE main.plan_sizes ADD CONSTRAINT unique_size_name UNIQUE (size);
ALTER TABLE main.currencies ADD CONSTRAINT currencies_currency_code_key UNIQUE (currency_code);

ALTER TABLE main.subscriptions
    DROP CONSTRAINT subscriptions_dates_ordered,
    DROP CONSTRAINT subscriptions_status_known;
ALTER TABLE main.plans
    DROP CONSTRAINT plans_price_range,
    ALTER COLUMN price TYPE numeric(10, 2);

DO $$
DECLARE
    entity text;
BEGIN
    FOREACH entity IN ARRAY ARRAY['currencies', 'billing_cycles', 'plans', 'billing_customer', 'invoice', 'subscriptions',
        'resources', 'services', 'plan_sizes']
    LOOP
        EXECUTE format(
            'UPDATE main.%I SET created_by = ''00000000-0000-0000-0000-000000000000'' WHERE created_by IS NULL', entity);
        EXECUTE format('ALTER TABLE main.%I ALTER COLUMN created_by SET NOT NULL', entity);
    END LOOP;
END
$$;
