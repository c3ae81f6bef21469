-- Without a transaction
DROP INDEX CONCURRENTLY IF EXISTS main.idx_notifications_order;
CREATE INDEX CONCURRENTLY idx_notifications_order ON main.notifications (is_bulk, next_attempt_on) WHERE failed_on IS NULL;
