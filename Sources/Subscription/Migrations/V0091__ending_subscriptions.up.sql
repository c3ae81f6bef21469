-- Without a transaction
-- Lists of ending subscriptions leave out those that renew: otherwise they would read past all that renew within a week.
DROP INDEX CONCURRENTLY IF EXISTS main.idx_subscriptions_ending;
CREATE INDEX CONCURRENTLY idx_subscriptions_ending ON main.subscriptions (status, end_date, id) WHERE NOT deleted AND NOT renews;
