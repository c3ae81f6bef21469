CREATE INDEX idx_subscriptions_plan ON main.subscriptions (plan_id, id);
CREATE INDEX idx_subscriptions_expiry ON main.subscriptions (status, end_date) WHERE NOT deleted;
DROP INDEX main.idx_subscriptions_of_plan, main.idx_feature_values_shared, main.idx_subscriptions_end;
