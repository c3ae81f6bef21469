DO $$
DECLARE
    entity text;
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenant_mgmt_app') THEN
        REVOKE ALL ON ALL TABLES IN SCHEMA main FROM tenant_mgmt_app;
        REVOKE ALL ON SCHEMA main FROM tenant_mgmt_app;
    END IF;
    FOREACH entity IN ARRAY ARRAY['contacts', 'resources', 'invoices', 'tenant_mgmt_configs', 'branding_metadata',
        'provisionings', 'addresses', 'leads', 'tenants']
    LOOP
        EXECUTE format('DROP POLICY tenant_isolation ON main.%I', entity);
        EXECUTE format('ALTER TABLE main.%I DISABLE ROW LEVEL SECURITY', entity);
    END LOOP;
    FOREACH entity IN ARRAY ARRAY['lead_keys', 'notifications']
    LOOP
        EXECUTE format('DROP POLICY system_only ON main.%I', entity);
        EXECUTE format('ALTER TABLE main.%I DISABLE ROW LEVEL SECURITY', entity);
    END LOOP;
END
$$;
