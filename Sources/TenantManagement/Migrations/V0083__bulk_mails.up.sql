-- Mails about invoices come by the thousand when a month begins: they wait for those that somebody waits for.
ALTER TABLE main.notifications ADD COLUMN is_bulk boolean NOT NULL DEFAULT false;
