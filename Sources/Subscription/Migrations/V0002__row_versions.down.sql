DO $$
DECLARE
    entity text;
BEGIN
    FOREACH entity IN ARRAY ARRAY['currencies', 'billing_cycles', 'plans', 'billing_customer', 'invoice', 'subscriptions', 'resources', 'services',
        'plan_sizes', 'features', 'strategies', 'feature_values']
    LOOP
        EXECUTE format('DROP TRIGGER touch_row ON main.%I', entity);
        EXECUTE format('ALTER TABLE main.%I DROP COLUMN row_version', entity);
    END LOOP;
END
$$;

DROP FUNCTION main.touch_row();
