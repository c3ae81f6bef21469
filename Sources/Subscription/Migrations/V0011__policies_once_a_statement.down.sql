DO $$
DECLARE
    entity text;
    own text;
BEGIN
    FOREACH entity IN ARRAY ARRAY['subscriptions', 'billing_customer', 'invoice', 'billing_payments', 'ledger_customers',
        'ledger_payment_sources']
    LOOP
        own := CASE entity WHEN 'subscriptions' THEN 'subscriber_id' ELSE 'tenant_id' END;
        EXECUTE format('DROP POLICY tenant_isolation ON main.%I', entity);
        EXECUTE format(
            'CREATE POLICY tenant_isolation ON main.%1$I USING (
                current_setting(''app.tenant_id'', true) = ''*''
                OR (%2$I::text = current_setting(''app.tenant_id'', true) AND %2$I::text <> ''''))',
            entity, own);
    END LOOP;
    FOREACH entity IN ARRAY ARRAY['currencies', 'billing_cycles', 'plans', 'resources', 'services', 'plan_sizes', 'features',
        'strategies']
    LOOP
        EXECUTE format(
            'ALTER POLICY catalogue_read ON main.%I USING (current_setting(''app.tenant_id'', true) <> '''')', entity);
        EXECUTE format('DROP POLICY catalogue_write ON main.%I', entity);
        EXECUTE format(
            'CREATE POLICY catalogue_write ON main.%I USING (current_setting(''app.tenant_id'', true) = ''*'')', entity);
    END LOOP;
END
$$;

DROP POLICY tenant_isolation ON main.invoice_lines;
CREATE POLICY tenant_isolation ON main.invoice_lines
    USING (
        current_setting('app.tenant_id', true) = '*'
        OR EXISTS (SELECT FROM main.invoice WHERE invoice.id = invoice_lines.invoice_id));
