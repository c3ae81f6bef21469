-- Operators look for the deliveries of a tenant's events, and erasure removes them.
CREATE INDEX idx_webhook_deliveries_tenant ON main.webhook_deliveries (tenant_id, created_on DESC, id);
