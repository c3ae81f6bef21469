DROP TABLE main.tenant_list;
ALTER TABLE main.known_tenants RENAME CONSTRAINT known_tenants_pkey TO blocked_tenants_pkey;
ALTER TABLE main.known_tenants RENAME TO blocked_tenants;
COMMENT ON COLUMN main.blocked_tenants.tenant_version IS 'of the tenant: an earlier one changes nothing';
