DROP INDEX main.idx_leads_created, main.idx_contacts_created, main.idx_invoices_created, main.idx_tenants_created;
CREATE INDEX idx_tenants_created ON main.tenants (created_on);
