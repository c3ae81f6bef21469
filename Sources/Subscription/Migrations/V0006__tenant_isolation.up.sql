-- Tenants are isolated by the database itself: the runtime role sees the rows of the tenant that the transaction names
-- in app.tenant_id, all rows for '*' (operators and the system), and none when nothing is named.
ALTER TABLE main.subscriptions ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.subscriptions
    USING (current_setting('app.tenant_id', true) = '*' OR subscriber_id::text = current_setting('app.tenant_id', true));
ALTER TABLE main.billing_customer ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.billing_customer
    USING (
        current_setting('app.tenant_id', true) = '*'
        OR (tenant_id = current_setting('app.tenant_id', true) AND tenant_id <> ''));
ALTER TABLE main.invoice ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.invoice
    USING (current_setting('app.tenant_id', true) = '*' OR tenant_id::text = current_setting('app.tenant_id', true));
-- What the invoice's own policy shows decides for its lines.
ALTER TABLE main.invoice_lines ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.invoice_lines
    USING (
        current_setting('app.tenant_id', true) = '*'
        OR EXISTS (SELECT FROM main.invoice WHERE invoice.id = invoice_lines.invoice_id));

-- The catalogue is everybody's to read and the operators' to write.
DO $$
DECLARE
    entity text;
BEGIN
    FOREACH entity IN ARRAY ARRAY['currencies', 'billing_cycles', 'plans', 'resources', 'services', 'plan_sizes', 'features',
        'strategies']
    LOOP
        EXECUTE format('ALTER TABLE main.%I ENABLE ROW LEVEL SECURITY', entity);
        EXECUTE format(
            'CREATE POLICY catalogue_read ON main.%I FOR SELECT USING (current_setting(''app.tenant_id'', true) <> '''')',
            entity);
        EXECUTE format(
            'CREATE POLICY catalogue_write ON main.%I USING (current_setting(''app.tenant_id'', true) = ''*'')', entity);
    END LOOP;
END
$$;

-- A value may be meant for everybody, for a plan, or for one tenant.
ALTER TABLE main.feature_values ENABLE ROW LEVEL SECURITY;
CREATE POLICY catalogue_read ON main.feature_values FOR SELECT
    USING (
        strategy_entity_id::text = current_setting('app.tenant_id', true)
        OR (strategy_key IN ('System', 'Plan') AND current_setting('app.tenant_id', true) <> ''));
CREATE POLICY catalogue_write ON main.feature_values USING (current_setting('app.tenant_id', true) = '*');

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT USAGE ON SCHEMA main TO subscription_app;
        GRANT SELECT, INSERT, UPDATE ON main.currencies, main.billing_cycles, main.plans, main.billing_customer,
            main.invoice, main.invoice_lines, main.subscriptions, main.resources, main.services, main.plan_sizes,
            main.features, main.strategies, main.feature_values TO subscription_app;
    END IF;
END
$$;
