-- Mails are claimed for a short lease, and say why they were not accepted. Nodes of the version before leave the new
-- columns alone.
ALTER TABLE main.notifications ADD COLUMN claim uuid, ADD COLUMN last_error text;
CREATE INDEX idx_notifications_failed ON main.notifications (failed_on) WHERE failed_on IS NOT NULL;
