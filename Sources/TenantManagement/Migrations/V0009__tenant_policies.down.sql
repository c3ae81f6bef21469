DROP POLICY tenant_isolation ON main.leads;
CREATE POLICY tenant_isolation ON main.leads
    USING (
        current_setting('app.tenant_id', true) = '*'
        OR id::text = current_setting('app.tenant_id', true)
        OR EXISTS (SELECT 1 FROM main.tenants AS tenant WHERE tenant.lead_id = leads.id))
    WITH CHECK (current_setting('app.tenant_id', true) = '*');
DROP POLICY tenant_isolation ON main.addresses;
CREATE POLICY tenant_isolation ON main.addresses
    USING (
        current_setting('app.tenant_id', true) = '*'
        OR EXISTS (SELECT 1 FROM main.tenants AS tenant WHERE tenant.address_id = addresses.id)
        OR EXISTS (SELECT 1 FROM main.leads AS lead WHERE lead.address_id = addresses.id))
    WITH CHECK (current_setting('app.tenant_id', true) = '*');
DROP FUNCTION main.current_tenant();
