DROP INDEX main.idx_notifications_failed;
ALTER TABLE main.notifications DROP COLUMN claim, DROP COLUMN last_error;
