-- What is done later belongs to the trace in which it was requested: the onboarding of a lead, mails, and deliveries of webhooks.
-- A W3C traceparent holds no personal data.

ALTER TABLE main.leads ADD COLUMN traceparent varchar(55);
-- The transaction that registers a lead sets it.
ALTER TABLE main.leads ALTER COLUMN traceparent SET DEFAULT nullif(current_setting('app.traceparent', true), '');
ALTER TABLE main.notifications ADD COLUMN traceparent varchar(55);
ALTER TABLE main.webhook_deliveries ADD COLUMN traceparent varchar(55);
