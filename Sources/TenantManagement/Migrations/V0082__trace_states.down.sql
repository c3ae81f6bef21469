ALTER TABLE main.webhook_deliveries ALTER COLUMN traceparent TYPE varchar(55) USING left(traceparent, 55);
ALTER TABLE main.notifications ALTER COLUMN traceparent TYPE varchar(55) USING left(traceparent, 55);
ALTER TABLE main.leads ALTER COLUMN traceparent TYPE varchar(55) USING left(traceparent, 55);
