DO $policies$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY[
        'provisioning_runs', 'workflow_steps', 'workflow_commands', 'tenant_credentials', 'tenant_placements', 'data_exports']
    LOOP
        EXECUTE pg_catalog.format('ALTER TABLE main.%I DISABLE ROW LEVEL SECURITY', owned);
        EXECUTE pg_catalog.format('DROP POLICY IF EXISTS service_only ON main.%I', owned);
    END LOOP;
END
$policies$;
