-- Without a transaction
DROP INDEX CONCURRENTLY IF EXISTS main.idx_subscription_changes_add_ons;
CREATE INDEX CONCURRENTLY idx_subscription_changes_add_ons ON main.subscription_changes (tenant_id, subscription_id, position)
    WHERE add_on_id IS NOT NULL;
