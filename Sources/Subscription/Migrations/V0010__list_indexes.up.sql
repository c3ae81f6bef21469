-- Lists in the order of creation, newest first, end in the primary key: so do these indexes, and a page needs no sorting.
CREATE INDEX idx_subscriptions_created ON main.subscriptions (created_on DESC, id) WHERE NOT deleted;
CREATE INDEX idx_invoice_created ON main.invoice (created_on DESC, id) WHERE NOT deleted;

-- What belongs to a tenant, a plan or a customer is listed, and included, in the order of the primary key.
DROP INDEX main.idx_subscriptions_subscriber, main.idx_subscriptions_plan, main.idx_invoice_tenant,
    main.idx_invoice_billing_customer;
CREATE INDEX idx_subscriptions_subscriber ON main.subscriptions (subscriber_id, id);
CREATE INDEX idx_subscriptions_plan ON main.subscriptions (plan_id, id);
CREATE INDEX idx_invoice_tenant ON main.invoice (tenant_id, id);
CREATE INDEX idx_invoice_billing_customer ON main.invoice (billing_customer_id, id);
CREATE INDEX idx_invoice_lines_invoice ON main.invoice_lines (invoice_id, id);
