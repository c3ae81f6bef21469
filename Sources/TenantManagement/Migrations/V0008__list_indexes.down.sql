DROP INDEX main.idx_contacts_tenant, main.idx_resources_tenant, main.idx_invoices_tenant;
CREATE INDEX idx_contacts_tenant ON main.contacts (tenant_id);
CREATE INDEX idx_resources_tenant ON main.resources (tenant_id);
CREATE INDEX idx_invoices_tenant ON main.invoices (tenant_id);
DROP INDEX main.idx_leads_created, main.idx_contacts_created, main.idx_invoices_created, main.idx_tenants_created;
CREATE INDEX idx_tenants_created ON main.tenants (created_on);
