-- Clients list the leads that are to become tenants.
CREATE INDEX idx_leads_validated ON main.leads (id) WHERE is_validated AND NOT deleted;

-- char(3) fills up with blanks, which do not count in comparisons with it but do in those with a text: rows whose code is
-- shorter were lost between pages of a list in the order of the code. Takes no part in a row's version.
-- What clients have seen of it so far stays, blanks included.
ALTER TABLE main.invoices ALTER COLUMN currency_code TYPE varchar(3) USING rpad(currency_code, 3);
