DROP TABLE main.ledger_payment_sources;
DROP TABLE main.ledger_customers;
DROP TABLE main.billing_payments;

-- Lines need a period again: charges get the day on which they were made.
ALTER TABLE main.invoice_lines DISABLE TRIGGER touch_row;
UPDATE main.invoice_lines SET
    period_start = to_char(created_on AT TIME ZONE 'UTC', 'YYYY-MM-DD'),
    period_end = to_char(created_on AT TIME ZONE 'UTC' + interval '1 day', 'YYYY-MM-DD')
WHERE period_start IS NULL OR period_end IS NULL;
ALTER TABLE main.invoice_lines ENABLE TRIGGER touch_row;
ALTER TABLE main.invoice_lines
    ALTER COLUMN period_start SET NOT NULL,
    ALTER COLUMN period_end SET NOT NULL;
ALTER TABLE main.invoice
    DROP COLUMN shipping_address,
    DROP COLUMN options;
