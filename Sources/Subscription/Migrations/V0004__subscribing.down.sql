DROP FUNCTION main.reserve_subscription(uuid, uuid, integer, integer);
DROP TABLE main.invoice_lines;

-- The original knows no invoice without a billing customer: drafts get one that no provider knows.
ALTER TABLE main.invoice DISABLE TRIGGER touch_row;
INSERT INTO main.billing_customer (tenant_id, customer_id)
SELECT DISTINCT tenant_id::text, 'draft-' || tenant_id::text FROM main.invoice
WHERE billing_customer_id IS NULL
    AND NOT EXISTS (
        SELECT FROM main.billing_customer AS customer
        WHERE customer.tenant_id = invoice.tenant_id::text AND NOT customer.deleted);
UPDATE main.invoice SET billing_customer_id = customer.id
FROM main.billing_customer AS customer
WHERE invoice.billing_customer_id IS NULL AND customer.tenant_id = invoice.tenant_id::text AND NOT customer.deleted;
UPDATE main.invoice SET invoice_id = 'draft-' || id::text WHERE invoice_id IS NULL;
-- With checks pending, the table could not be altered.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE main.invoice ENABLE TRIGGER touch_row;

DROP INDEX main.idx_invoice_tenant;
DROP INDEX main.idx_invoice_subscription;
ALTER TABLE main.invoice
    DROP CONSTRAINT invoice_has_payer,
    DROP COLUMN issued_on,
    DROP COLUMN period_end,
    DROP COLUMN period_start,
    DROP COLUMN total,
    DROP COLUMN subtotal,
    DROP COLUMN currency_code,
    DROP COLUMN tenant_id,
    DROP COLUMN subscription_id,
    ALTER COLUMN billing_customer_id SET NOT NULL,
    ALTER COLUMN invoice_id SET NOT NULL;
ALTER TABLE main.subscriptions DROP COLUMN billing_anchor_day;
