-- Tenants are isolated by the database itself: the runtime role sees the rows of the tenant that the transaction names
-- in app.tenant_id, all rows for '*' (operators and the system), and none when nothing is named.
DO $$
DECLARE
    entity text;
BEGIN
    FOREACH entity IN ARRAY ARRAY['contacts', 'resources', 'invoices', 'tenant_mgmt_configs', 'branding_metadata', 'provisionings']
    LOOP
        EXECUTE format('ALTER TABLE main.%I ENABLE ROW LEVEL SECURITY', entity);
        EXECUTE format(
            'CREATE POLICY tenant_isolation ON main.%I USING (current_setting(''app.tenant_id'', true) = ''*'' OR tenant_id::text = current_setting(''app.tenant_id'', true))',
            entity);
    END LOOP;
END
$$;

ALTER TABLE main.tenants ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.tenants
    USING (current_setting('app.tenant_id', true) = '*' OR id::text = current_setting('app.tenant_id', true));

-- A lead's token names the lead; a tenant's users see the lead that became their tenant.
ALTER TABLE main.leads ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.leads
    USING (
        current_setting('app.tenant_id', true) = '*'
        OR id::text = current_setting('app.tenant_id', true)
        OR EXISTS (SELECT 1 FROM main.tenants AS tenant WHERE tenant.lead_id = leads.id))
    WITH CHECK (current_setting('app.tenant_id', true) = '*');

ALTER TABLE main.addresses ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.addresses
    USING (
        current_setting('app.tenant_id', true) = '*'
        OR EXISTS (SELECT 1 FROM main.tenants AS tenant WHERE tenant.address_id = addresses.id)
        OR EXISTS (SELECT 1 FROM main.leads AS lead WHERE lead.address_id = addresses.id))
    WITH CHECK (current_setting('app.tenant_id', true) = '*');

-- Only the system touches these.
ALTER TABLE main.lead_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY system_only ON main.lead_keys USING (current_setting('app.tenant_id', true) = '*');
ALTER TABLE main.notifications ENABLE ROW LEVEL SECURITY;
CREATE POLICY system_only ON main.notifications USING (current_setting('app.tenant_id', true) = '*');

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenant_mgmt_app') THEN
        GRANT USAGE ON SCHEMA main TO tenant_mgmt_app;
        GRANT SELECT, INSERT, UPDATE ON main.addresses, main.leads, main.tenants, main.contacts, main.resources,
            main.invoices, main.tenant_mgmt_configs, main.provisionings TO tenant_mgmt_app;
        GRANT SELECT ON main.branding_metadata TO tenant_mgmt_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON main.lead_keys, main.notifications TO tenant_mgmt_app;
    END IF;
END
$$;
