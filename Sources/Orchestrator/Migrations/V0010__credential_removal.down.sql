DO $grants$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'orchestrator_app') THEN
        REVOKE DELETE ON main.tenant_credentials FROM orchestrator_app;
    END IF;
END
$grants$;
