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
    FOREACH entity IN ARRAY ARRAY['addresses', 'leads', 'tenants', 'contacts', 'resources', 'invoices', 'tenant_mgmt_configs']
    LOOP
        EXECUTE format(
            'ALTER TABLE main.%I ALTER COLUMN created_on SET DEFAULT date_trunc(''milliseconds'', current_timestamp),
                ALTER COLUMN modified_on SET DEFAULT date_trunc(''milliseconds'', current_timestamp)', entity);
    END LOOP;
END
$$;

-- The decimals of a currency by ISO 4217, as the code of the services has them (Billing.Currency).
CREATE FUNCTION main.currency_decimals(code text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN code IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV',
            'XAF', 'XOF', 'XPF') THEN 0
        WHEN code IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
        WHEN code IN ('CLF', 'UYW') THEN 4
        ELSE 2 END
$$;

-- Rules between the fields of an invoice. Triggers and not checks, because a check would also refuse every other change
-- of an older row that breaks it, such as its payment.
CREATE FUNCTION main.refuse_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME,
        MESSAGE = format('row violates rule %s', TG_NAME);
END
$$;
CREATE TRIGGER invoices_period_ordered BEFORE INSERT OR UPDATE OF start_date, end_date ON main.invoices
    FOR EACH ROW WHEN (NEW.end_date < NEW.start_date) EXECUTE FUNCTION main.refuse_row();
CREATE TRIGGER invoices_due_ordered BEFORE INSERT OR UPDATE OF start_date, due_date ON main.invoices
    FOR EACH ROW WHEN (NEW.due_date < NEW.start_date) EXECUTE FUNCTION main.refuse_row();
CREATE TRIGGER invoices_amount_decimals BEFORE INSERT OR UPDATE OF amount, currency_code ON main.invoices
    FOR EACH ROW WHEN (scale(trim_scale(NEW.amount)) > main.currency_decimals(NEW.currency_code))
    EXECUTE FUNCTION main.refuse_row();
