-- Without a transaction
DROP INDEX CONCURRENTLY IF EXISTS main.idx_tenants_scale_test_rank;
CREATE INDEX CONCURRENTLY idx_tenants_scale_test_rank ON main.tenants (scale_test_rank, id);
