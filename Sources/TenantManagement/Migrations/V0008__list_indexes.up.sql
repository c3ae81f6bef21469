-- Lists in the order of creation, newest first, end in the primary key: so do these indexes, and a page needs no sorting.
DROP INDEX main.idx_tenants_created;
CREATE INDEX idx_tenants_created ON main.tenants (created_on DESC, id) WHERE NOT deleted;
CREATE INDEX idx_leads_created ON main.leads (created_on DESC, id) WHERE NOT deleted;
CREATE INDEX idx_contacts_created ON main.contacts (created_on DESC, id) WHERE NOT deleted;
CREATE INDEX idx_invoices_created ON main.invoices (created_on DESC, id) WHERE NOT deleted;

-- What belongs to a tenant is listed, and included, in the order of the primary key.
DROP INDEX main.idx_contacts_tenant, main.idx_resources_tenant, main.idx_invoices_tenant;
CREATE INDEX idx_contacts_tenant ON main.contacts (tenant_id, id);
CREATE INDEX idx_resources_tenant ON main.resources (tenant_id, id);
CREATE INDEX idx_invoices_tenant ON main.invoices (tenant_id, id);
