-- The decimals of a currency by ISO 4217, the same as in Billing.Currency.
CREATE FUNCTION main.currency_decimals(code text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN code IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV',
            'XAF', 'XOF', 'XPF') THEN 0
        WHEN code IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
        WHEN code IN ('CLF', 'UYW') THEN 4
        ELSE 2 END
$$;

-- Rules between the fields of an invoice. They are triggers and not checks, because a check would also reject every other
-- change of an older row that breaks it, such as its payment.
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
