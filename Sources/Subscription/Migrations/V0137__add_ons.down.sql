ALTER TABLE main.subscription_changes DROP COLUMN note;
ALTER TABLE main.subscription_changes DROP COLUMN origin;
ALTER TABLE main.subscription_changes DROP COLUMN add_on_id;
DROP TABLE main.add_ons;
