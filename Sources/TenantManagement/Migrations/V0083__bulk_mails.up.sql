-- At the start of a month there are thousands of mails about invoices. They are sent after mails that somebody is waiting for.
ALTER TABLE main.notifications ADD COLUMN is_bulk boolean NOT NULL DEFAULT false;
