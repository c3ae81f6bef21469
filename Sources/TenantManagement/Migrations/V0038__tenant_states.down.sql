DROP TRIGGER publish_suspension ON main.tenants;
DROP FUNCTION main.publish_suspension();
DROP TRIGGER guard_state ON main.tenants;
DROP FUNCTION main.guard_tenant_state();
DROP TABLE main.tenant_suspensions;
DROP FUNCTION main.next_tenant_statuses(smallint);
