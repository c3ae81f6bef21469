ALTER POLICY tenant_isolation ON main.usage_closings WITH CHECK (current_setting('app.tenant_id', true) = '*');
ALTER TABLE main.usage_closings DROP COLUMN counts_events;
DROP TABLE main.subscription_usage, main.metered_prices;
