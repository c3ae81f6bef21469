-- Rows keep instants as answers show them, in milliseconds, so that a value that was read is equal to the one that is
-- stored. Older rows keep their microseconds: conditions find them by what is shown, and no table is written anew.
CREATE OR REPLACE FUNCTION main.touch_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.row_version := OLD.row_version + 1;
    NEW.modified_on := date_trunc('milliseconds', clock_timestamp());
    NEW.deleted_on := date_trunc('milliseconds', NEW.deleted_on);
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
            'ALTER TABLE main.%I ALTER COLUMN created_on SET DEFAULT date_trunc(''milliseconds'', current_timestamp),
                ALTER COLUMN modified_on SET DEFAULT date_trunc(''milliseconds'', current_timestamp)', entity);
    END LOOP;
END
$$;
