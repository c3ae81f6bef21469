DROP TRIGGER invoices_amount_decimals ON main.invoices;
DROP TRIGGER invoices_due_ordered ON main.invoices;
DROP TRIGGER invoices_period_ordered ON main.invoices;
DROP FUNCTION main.refuse_row();
DROP FUNCTION main.currency_decimals(text);

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
    FOREACH entity IN ARRAY ARRAY['addresses', 'leads', 'tenants', 'contacts', 'resources', 'invoices', 'tenant_mgmt_configs']
    LOOP
        EXECUTE format(
            'ALTER TABLE main.%I ALTER COLUMN created_on SET DEFAULT current_timestamp,
                ALTER COLUMN modified_on SET DEFAULT current_timestamp', entity);
    END LOOP;
END
$$;
