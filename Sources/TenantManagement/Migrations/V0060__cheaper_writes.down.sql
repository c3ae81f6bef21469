DO $$
DECLARE
    entity text;
    own text;
BEGIN
    FOREACH entity IN ARRAY ARRAY['tenants', 'contacts', 'resources', 'invoices', 'tenant_mgmt_configs', 'branding_metadata',
        'tenant_domains']
    LOOP
        own := CASE entity WHEN 'tenants' THEN 'id' ELSE 'tenant_id' END;
        EXECUTE format(
            'ALTER POLICY tenant_isolation ON main.%1$I WITH CHECK (
                current_setting(''app.tenant_id'', true) = ''*''
                OR %2$I::text = current_setting(''app.tenant_id'', true))',
            entity, own);
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION main.current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN current_setting('app.tenant_id', true) ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
            THEN current_setting('app.tenant_id', true)::uuid
    END
$$;

ALTER TABLE main.tenant_domains
    ADD CONSTRAINT tenant_domains_proven CHECK ((proven_by IS NULL) = (proven_on IS NULL));
