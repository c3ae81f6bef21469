-- Reads the whole table, while others go on.
ALTER TABLE main.tenants VALIDATE CONSTRAINT tenants_scale_test_rank;
