-- Behind traceparent and a space there is tracestate, of up to 512 characters, which the tracing systems of callers want to have passed on.

-- Locks: a longer limit of a varchar changes no row.
ALTER TABLE main.leads ALTER COLUMN traceparent TYPE varchar(568);
-- Locks: a longer limit of a varchar changes no row.
ALTER TABLE main.notifications ALTER COLUMN traceparent TYPE varchar(568);
-- Locks: a longer limit of a varchar changes no row.
ALTER TABLE main.webhook_deliveries ALTER COLUMN traceparent TYPE varchar(568);
