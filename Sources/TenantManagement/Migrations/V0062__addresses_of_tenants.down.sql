DROP INDEX main.idx_tenants_address;
CREATE INDEX idx_tenants_address ON main.tenants (address_id) WHERE address_id IS NOT NULL;
