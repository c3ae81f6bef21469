DO $$
DECLARE
    entity text;
BEGIN
    FOREACH entity IN ARRAY ARRAY['addresses', 'leads', 'tenants', 'contacts', 'resources', 'invoices', 'tenant_mgmt_configs']
    LOOP
        EXECUTE format('DROP TRIGGER touch_row ON main.%I', entity);
        EXECUTE format('ALTER TABLE main.%I DROP COLUMN row_version', entity);
    END LOOP;
END
$$;

DROP FUNCTION main.touch_row();
ALTER TABLE main.contacts ALTER COLUMN modified_on DROP DEFAULT;
ALTER TABLE main.invoices ALTER COLUMN modified_on DROP DEFAULT;
