ALTER TABLE main.webhook_deliveries DROP COLUMN traceparent;
ALTER TABLE main.notifications DROP COLUMN traceparent;
ALTER TABLE main.leads DROP COLUMN traceparent;
