-- Without a condition again: every foreign key has an index of all rows.
DROP INDEX main.idx_tenants_address;
CREATE INDEX idx_tenants_address ON main.tenants (address_id);
