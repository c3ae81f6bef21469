-- Without a transaction
DROP INDEX CONCURRENTLY IF EXISTS main.idx_features_scale_test_rank;
CREATE INDEX CONCURRENTLY idx_features_scale_test_rank ON main.features (scale_test_rank, id);
