-- What PostgreSQL does for every write, done once or not at all. The rules are the same as before.

-- The checks of a table are parsed again for every statement that writes to it; a policy is kept in the plan of a statement, and
-- only the service writes to this table. The function that holds domains runs as the owner, and always writes both columns.
ALTER TABLE main.tenant_domains DROP CONSTRAINT tenant_domains_proven;

-- Not in SQL: the text of such a function becomes a part of every policy that calls it, and its parts are prepared for every
-- statement, also for the service's own, which never need the result.
CREATE OR REPLACE FUNCTION main.current_tenant() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE
        WHEN current_setting('app.tenant_id', true) ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
            THEN current_setting('app.tenant_id', true)::uuid
    END;
END
$$;

-- The same condition for reading and for writing: the conversions of the other form are prepared for every statement.
DO $$
DECLARE
    entity text;
    own text;
    rule text;
BEGIN
    FOREACH entity IN ARRAY ARRAY['tenants', 'contacts', 'resources', 'invoices', 'tenant_mgmt_configs', 'branding_metadata',
        'tenant_domains']
    LOOP
        own := CASE entity WHEN 'tenants' THEN 'id' ELSE 'tenant_id' END;
        rule := CASE entity WHEN 'tenant_domains' THEN ' AND (proven_by IS NULL) = (proven_on IS NULL)' ELSE '' END;
        EXECUTE format(
            'ALTER POLICY tenant_isolation ON main.%1$I WITH CHECK (
                ((SELECT current_setting(''app.tenant_id'', true) = ''*'') OR %2$I = (SELECT main.current_tenant()))%3$s)',
            entity, own, rule);
    END LOOP;
END
$$;
