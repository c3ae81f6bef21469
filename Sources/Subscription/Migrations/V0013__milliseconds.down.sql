CREATE OR REPLACE FUNCTION main.touch_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.row_version := OLD.row_version + 1;
    NEW.modified_on := clock_timestamp();
    RETURN NEW;
END
$$;

DO $$
DECLARE
    entity text;
BEGIN
    FOREACH entity IN ARRAY ARRAY['currencies', 'billing_cycles', 'plans', 'billing_customer', 'invoice', 'subscriptions',
        'resources', 'services', 'plan_sizes', 'features', 'strategies', 'feature_values', 'invoice_lines', 'billing_payments',
        'ledger_customers', 'ledger_payment_sources']
    LOOP
        EXECUTE format(
            'ALTER TABLE main.%I ALTER COLUMN created_on SET DEFAULT current_timestamp,
                ALTER COLUMN modified_on SET DEFAULT current_timestamp', entity);
    END LOOP;
END
$$;
