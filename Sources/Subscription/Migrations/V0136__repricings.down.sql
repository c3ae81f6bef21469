DROP TABLE main.repriced_subscriptions;
DROP TABLE main.plan_repricings;
