DROP FUNCTION main.tenant_now(uuid);
DROP TABLE main.test_clocks;
DROP FUNCTION main.guard_test_clock();
DROP FUNCTION main.audit_test_clocks();
