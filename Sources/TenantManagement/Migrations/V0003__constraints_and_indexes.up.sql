-- What the original leaves to luck: uniqueness of what lives, and an index for everything that lists are filtered by.
ALTER TABLE main.tenants DROP CONSTRAINT idx_tenant_key;
CREATE UNIQUE INDEX idx_tenant_key ON main.tenants (key) WHERE NOT deleted;
CREATE UNIQUE INDEX idx_tenant_lead ON main.tenants (lead_id) WHERE lead_id IS NOT NULL AND NOT deleted;
CREATE UNIQUE INDEX idx_lead_validated_email ON main.leads (lower(email)) WHERE is_validated AND NOT deleted;

CREATE INDEX idx_leads_email ON main.leads (email);
CREATE INDEX idx_leads_address ON main.leads (address_id);
CREATE INDEX idx_tenants_address ON main.tenants (address_id);
CREATE INDEX idx_tenants_status ON main.tenants (status);
CREATE INDEX idx_tenants_created ON main.tenants (created_on);
CREATE INDEX idx_branding_tenant ON main.branding_metadata (tenant_id);
CREATE INDEX idx_contacts_tenant ON main.contacts (tenant_id);
CREATE INDEX idx_contacts_email ON main.contacts (email);
CREATE INDEX idx_resources_tenant ON main.resources (tenant_id);
CREATE INDEX idx_invoices_tenant ON main.invoices (tenant_id);
CREATE INDEX idx_invoices_status ON main.invoices (status);
CREATE INDEX idx_configs_tenant ON main.tenant_mgmt_configs (tenant_id, config_key);
