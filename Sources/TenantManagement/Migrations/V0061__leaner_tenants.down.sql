DROP INDEX main.idx_tenants_address;
CREATE INDEX idx_tenants_address ON main.tenants (address_id);
ALTER POLICY tenant_isolation ON main.provisionings WITH CHECK (
    ((SELECT current_setting('app.tenant_id', true) = '*') OR tenant_id = (SELECT main.current_tenant()))
    AND status IN (0, 1, 2) AND kind IN (0, 1, 2));
ALTER TABLE main.provisionings ADD CONSTRAINT provisionings_state CHECK (
    state IN ('REQUESTED', 'RUNNING', 'COMPENSATING', 'STUCK', 'DELEGATED', 'SUCCEEDED', 'FAILED'));
