DO $$
DECLARE
    entity text;
    own text;
BEGIN
    FOREACH entity IN ARRAY ARRAY['tenants', 'contacts', 'resources', 'invoices', 'tenant_mgmt_configs', 'branding_metadata',
        'provisionings']
    LOOP
        own := CASE entity WHEN 'tenants' THEN 'id' ELSE 'tenant_id' END;
        EXECUTE format('DROP POLICY tenant_isolation ON main.%I', entity);
        EXECUTE format(
            'CREATE POLICY tenant_isolation ON main.%I USING (
                current_setting(''app.tenant_id'', true) = ''*'' OR %I::text = current_setting(''app.tenant_id'', true))',
            entity, own);
    END LOOP;
END
$$;

ALTER POLICY tenant_isolation ON main.leads
    USING (
        current_setting('app.tenant_id', true) = '*'
        OR id = main.current_tenant()
        OR id = (SELECT lead_id FROM main.tenants AS tenant WHERE tenant.id = main.current_tenant()));

ALTER POLICY tenant_isolation ON main.addresses
    USING (
        current_setting('app.tenant_id', true) = '*'
        OR id = (SELECT address_id FROM main.tenants AS tenant WHERE tenant.id = main.current_tenant())
        OR id = (SELECT address_id FROM main.leads AS lead WHERE lead.id = main.current_tenant())
        OR id = (
            SELECT lead.address_id FROM main.tenants AS tenant JOIN main.leads AS lead ON lead.id = tenant.lead_id
            WHERE tenant.id = main.current_tenant()));
