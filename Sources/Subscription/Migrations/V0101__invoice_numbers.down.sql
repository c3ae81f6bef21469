-- Without a transaction
DROP INDEX CONCURRENTLY IF EXISTS main.idx_invoice_ordinal;
DROP INDEX CONCURRENTLY IF EXISTS main.idx_invoice_number;
