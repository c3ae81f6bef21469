DROP INDEX main.idx_subscriptions_created, main.idx_invoice_created;
