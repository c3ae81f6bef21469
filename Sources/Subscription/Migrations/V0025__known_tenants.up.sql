-- Which tenants exist, as tenant management reports it, so that nobody subscribes one that never existed.
ALTER TABLE main.blocked_tenants RENAME TO known_tenants;
ALTER TABLE main.known_tenants RENAME CONSTRAINT blocked_tenants_pkey TO known_tenants_pkey;
COMMENT ON COLUMN main.known_tenants.tenant_version IS
    'of the tenant: an earlier one changes nothing; 0 when only its existence was reported';

-- Until tenant management has listed all its tenants, one that it has not reported may exist.
CREATE TABLE main.tenant_list (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    is_complete boolean NOT NULL
);
INSERT INTO main.tenant_list (is_complete) VALUES (false);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, UPDATE (is_complete) ON main.tenant_list TO subscription_app;
    END IF;
END
$$;
