DROP TRIGGER revenue ON main.subscriptions;
DROP TRIGGER revenue_change ON main.subscriptions;
DROP FUNCTION main.follow_subscription();
DROP TABLE main.subscription_revenue, main.tenant_revenue, main.revenue_movements, main.tenant_costs;
DROP FUNCTION main.post_revenue(), main.move_revenue(uuid, uuid, varchar, bigint), main.minor_units(numeric, varchar);
