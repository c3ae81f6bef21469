-- Without a transaction
DROP INDEX CONCURRENTLY IF EXISTS main.idx_subscriptions_ending;
