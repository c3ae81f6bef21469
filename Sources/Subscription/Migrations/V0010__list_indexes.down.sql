DROP INDEX main.idx_invoice_lines_invoice, main.idx_subscriptions_subscriber, main.idx_subscriptions_plan,
    main.idx_invoice_tenant, main.idx_invoice_billing_customer;
CREATE INDEX idx_subscriptions_subscriber ON main.subscriptions (subscriber_id);
CREATE INDEX idx_subscriptions_plan ON main.subscriptions (plan_id);
CREATE INDEX idx_invoice_tenant ON main.invoice (tenant_id);
CREATE INDEX idx_invoice_billing_customer ON main.invoice (billing_customer_id);
DROP INDEX main.idx_subscriptions_created, main.idx_invoice_created;
