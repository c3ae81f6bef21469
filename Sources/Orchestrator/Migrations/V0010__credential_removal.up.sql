-- A tenant that is removed leaves no password behind.
DO $grants$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'orchestrator_app') THEN
        GRANT DELETE ON main.tenant_credentials TO orchestrator_app;
    END IF;
END
$grants$;
