DO $$
DECLARE
    entity text;
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        REVOKE ALL ON main.currencies, main.billing_cycles, main.plans, main.billing_customer, main.invoice,
            main.invoice_lines, main.subscriptions, main.resources, main.services, main.plan_sizes, main.features,
            main.strategies, main.feature_values FROM subscription_app;
    END IF;
    FOREACH entity IN ARRAY ARRAY['subscriptions', 'billing_customer', 'invoice', 'invoice_lines']
    LOOP
        EXECUTE format('DROP POLICY tenant_isolation ON main.%I', entity);
        EXECUTE format('ALTER TABLE main.%I DISABLE ROW LEVEL SECURITY', entity);
    END LOOP;
    FOREACH entity IN ARRAY ARRAY['currencies', 'billing_cycles', 'plans', 'resources', 'services', 'plan_sizes', 'features',
        'strategies', 'feature_values']
    LOOP
        EXECUTE format('DROP POLICY catalogue_read ON main.%I', entity);
        EXECUTE format('DROP POLICY catalogue_write ON main.%I', entity);
        EXECUTE format('ALTER TABLE main.%I DISABLE ROW LEVEL SECURITY', entity);
    END LOOP;
END
$$;
