-- Lists of ending subscriptions, and the job that marks them, read a page in the order of end and id. The new index is built
-- before the old one goes, so that no query is without one and the exclusive lock of the drop is short.
CREATE INDEX idx_subscriptions_end ON main.subscriptions (status, end_date, id) WHERE NOT deleted;

-- What every tenant sees of feature values: the few that are not about a single subscriber.
CREATE INDEX idx_feature_values_shared ON main.feature_values (strategy_key) WHERE strategy_key IN ('System', 'Plan');

-- Subscriptions of a plan are counted without reading them: the policy looks at the subscriber.
CREATE INDEX idx_subscriptions_of_plan ON main.subscriptions (plan_id, id) INCLUDE (subscriber_id, deleted);

DROP INDEX main.idx_subscriptions_expiry, main.idx_subscriptions_plan;
