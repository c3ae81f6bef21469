ALTER TABLE main.invoices ALTER COLUMN currency_code TYPE char(3);
DROP INDEX main.idx_leads_validated;
