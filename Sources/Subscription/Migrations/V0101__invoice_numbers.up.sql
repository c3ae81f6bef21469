-- Without a transaction
-- Numbers are looked up, listed in order, and given once.
DROP INDEX CONCURRENTLY IF EXISTS main.idx_invoice_number;
CREATE UNIQUE INDEX CONCURRENTLY idx_invoice_number ON main.invoice (series, sequence);
DROP INDEX CONCURRENTLY IF EXISTS main.idx_invoice_ordinal;
CREATE UNIQUE INDEX CONCURRENTLY idx_invoice_ordinal ON main.invoice (subscription_id, ordinal) WHERE ordinal IS NOT NULL;
