-- The same rows as before. What the caller may see is found out once a statement instead of once a row, and as a boolean
-- of its own: of an OR of two comparisons the planner believes that it keeps one row in a hundred, and then it sorts
-- whole tables for the first page of a list.
DO $$
DECLARE
    entity text;
    own text;
BEGIN
    FOREACH entity IN ARRAY ARRAY['subscriptions', 'billing_customer', 'invoice', 'billing_payments', 'ledger_customers',
        'ledger_payment_sources']
    LOOP
        own := CASE entity WHEN 'subscriptions' THEN 'subscriber_id' ELSE 'tenant_id' END;
        -- Writes are of one row: there the check of before is the cheaper one.
        EXECUTE format(
            'ALTER POLICY tenant_isolation ON main.%1$I
                USING (
                    (SELECT current_setting(''app.tenant_id'', true) = ''*'')
                    OR %2$I::text = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')))
                WITH CHECK (
                    current_setting(''app.tenant_id'', true) = ''*''
                    OR %2$I::text = nullif(current_setting(''app.tenant_id'', true), ''''))',
            entity, own);
    END LOOP;
    FOREACH entity IN ARRAY ARRAY['currencies', 'billing_cycles', 'plans', 'resources', 'services', 'plan_sizes', 'features',
        'strategies']
    LOOP
        EXECUTE format(
            'ALTER POLICY catalogue_read ON main.%I USING ((SELECT current_setting(''app.tenant_id'', true) <> ''''))',
            entity);
        EXECUTE format(
            'ALTER POLICY catalogue_write ON main.%I
                USING ((SELECT current_setting(''app.tenant_id'', true) = ''*''))
                WITH CHECK (current_setting(''app.tenant_id'', true) = ''*'')',
            entity);
    END LOOP;
END
$$;

ALTER POLICY tenant_isolation ON main.invoice_lines
    USING (
        (SELECT current_setting('app.tenant_id', true) = '*')
        OR EXISTS (SELECT FROM main.invoice WHERE invoice.id = invoice_lines.invoice_id))
    WITH CHECK (
        current_setting('app.tenant_id', true) = '*'
        OR EXISTS (SELECT FROM main.invoice WHERE invoice.id = invoice_lines.invoice_id));
