DROP TRIGGER publish_access ON main.tenants;
DROP FUNCTION main.publish_tenant_access();
DROP FUNCTION main.is_blocked(smallint, boolean);
