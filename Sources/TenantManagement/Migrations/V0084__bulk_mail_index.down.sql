-- Without a transaction
DROP INDEX CONCURRENTLY IF EXISTS main.idx_notifications_order;
