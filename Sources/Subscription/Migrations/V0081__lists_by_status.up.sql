-- Without a transaction
-- Lists of the subscriptions in one status are in the order of their ids, which is that of time. Most old ones have ended and the
-- active ones are the newest, so the primary key leads past all of the former first: 1.6 s for 20 of 600,000 rows.
DROP INDEX CONCURRENTLY IF EXISTS main.idx_subscriptions_status;
CREATE INDEX CONCURRENTLY idx_subscriptions_status ON main.subscriptions (status, id) WHERE NOT deleted;
