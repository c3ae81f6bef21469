-- Without a transaction
DROP INDEX CONCURRENTLY IF EXISTS main.idx_subscription_changes_add_ons;
