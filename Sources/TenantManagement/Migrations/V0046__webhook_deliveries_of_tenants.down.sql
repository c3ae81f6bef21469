DROP INDEX main.idx_webhook_deliveries_tenant;
