-- The orchestrator works for all tenants, so its role sees all rows. Every other role sees none, also one that is given access to a
-- table by mistake, to read statistics for example.
DO $policies$
DECLARE
    owned text;
    holders text;
BEGIN
    FOREACH owned IN ARRAY ARRAY[
        'provisioning_runs', 'workflow_steps', 'workflow_commands', 'tenant_credentials', 'tenant_placements', 'data_exports']
    LOOP
        -- Whoever has access now keeps it: the service may run as a role of another name.
        SELECT pg_catalog.string_agg(DISTINCT entry.grantee::regrole::text, ', ') INTO holders
        FROM pg_catalog.pg_class AS stored, pg_catalog.aclexplode(stored.relacl) AS entry
        WHERE stored.oid = pg_catalog.format('main.%I', owned)::regclass AND entry.grantee NOT IN (0, stored.relowner);
        IF holders IS NOT NULL THEN
            EXECUTE pg_catalog.format(
                'CREATE POLICY service_only ON main.%I TO %s USING (true) WITH CHECK (true)', owned, holders);
        END IF;
        EXECUTE pg_catalog.format('ALTER TABLE main.%I ENABLE ROW LEVEL SECURITY', owned);
    END LOOP;
END
$policies$;
