CREATE INDEX idx_tenants_status ON main.tenants (status);
CREATE INDEX idx_invoices_status ON main.invoices (status);
DROP INDEX main.idx_invoices_due, main.idx_tenants_status_created, main.idx_tenants_name;
DROP FUNCTION main.is_validated_email(text);
