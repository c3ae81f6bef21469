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
    FOREACH entity IN ARRAY ARRAY['currencies', 'billing_cycles', 'plans', 'billing_customer', 'invoice', 'subscriptions', 'resources', 'services',
        'plan_sizes', 'features', 'strategies', 'feature_values']
    LOOP
        EXECUTE format('ALTER TABLE main.%I ADD COLUMN row_version bigint NOT NULL DEFAULT 1', entity);
        EXECUTE format(
            'CREATE TRIGGER touch_row BEFORE UPDATE ON main.%I FOR EACH ROW EXECUTE FUNCTION main.touch_row()', entity);
    END LOOP;
END
$$;
