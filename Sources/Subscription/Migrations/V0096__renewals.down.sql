DROP TRIGGER parking ON main.subscription_billing;
DROP TRIGGER due ON main.subscription_billing;
DROP TRIGGER on_test_clock ON main.subscription_billing;
DROP FUNCTION main.announce_parking();
DROP FUNCTION main.queue_renewal();
DROP FUNCTION main.renew_on_test_clock();
DROP TABLE main.renewal_queues;
DROP INDEX main.idx_subscription_billing_claim;
DROP INDEX main.idx_subscription_billing_work;
