-- Every change of a row gives it a new version and a true modified_on, whoever makes it.
CREATE FUNCTION main.touch_row() RETURNS trigger LANGUAGE plpgsql AS $$
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
        EXECUTE format('ALTER TABLE main.%I ADD COLUMN row_version bigint NOT NULL DEFAULT 1', entity);
        EXECUTE format(
            'CREATE TRIGGER touch_row BEFORE UPDATE ON main.%I FOR EACH ROW EXECUTE FUNCTION main.touch_row()', entity);
    END LOOP;
END
$$;

-- What the original left empty, without counting as a change of the rows.
ALTER TABLE main.contacts DISABLE TRIGGER touch_row;
ALTER TABLE main.invoices DISABLE TRIGGER touch_row;
UPDATE main.contacts SET modified_on = created_on WHERE modified_on IS NULL;
UPDATE main.invoices SET modified_on = created_on WHERE modified_on IS NULL;
ALTER TABLE main.invoices ENABLE TRIGGER touch_row;
ALTER TABLE main.contacts ENABLE TRIGGER touch_row;
ALTER TABLE main.contacts ALTER COLUMN modified_on SET DEFAULT current_timestamp;
ALTER TABLE main.invoices ALTER COLUMN modified_on SET DEFAULT current_timestamp;
