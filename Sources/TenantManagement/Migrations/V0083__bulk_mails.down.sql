ALTER TABLE main.notifications DROP COLUMN is_bulk;
